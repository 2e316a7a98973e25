import { cacheAside } from './cache-aside.ts';
import { noCache } from './no-cache.ts';
import { versioned } from './versioned.ts';

/** Every strategy. Types, the choices of a candidate, the contract suite and the docs derive from this list. */
export const strategies = {
  'no-cache': noCache,
  'cache-aside': cacheAside,
  versioned,
} as const;

export type StrategyName = keyof typeof strategies;
