import { cacheSystem } from './cache/system.ts';
import type { Systems } from './contract/system.ts';

/** Every system. Candidates, lists, worlds and figures derive from it. */
export const systems = {
  cache: cacheSystem,
} as const satisfies Systems;
