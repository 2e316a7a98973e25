import type { StrategyDefinition } from '../strategy.ts';
import { cacheAsideDeleteFirst } from './cache-aside-delete-first.ts';
import { cacheAside } from './cache-aside.ts';
import { changeStream } from './change-stream.ts';
import { clientTracking } from './client-tracking.ts';
import { earlyExpiration } from './early-expiration.ts';
import { lease } from './lease-strategy.ts';
import { noCache } from './no-cache.ts';
import { readThrough } from './read-through.ts';
import { refreshAhead } from './refresh-ahead.ts';
import { staleIfError } from './stale-if-error.ts';
import { staleWhileRevalidate } from './stale-while-revalidate.ts';
import { ttlOnly } from './ttl-only.ts';
import { versioned } from './versioned.ts';
import { writeBehind } from './write-behind.ts';
import { writeThrough } from './write-through.ts';

/** Every strategy, the simplest first. The choices of a candidate, the contract suite and the docs derive from this list. */
export const strategies = {
  'no-cache': noCache,
  'ttl-only': ttlOnly,
  'cache-aside': cacheAside,
  'cache-aside-delete-first': cacheAsideDeleteFirst,
  'read-through': readThrough,
  'write-through': writeThrough,
  'write-behind': writeBehind,
  'refresh-ahead': refreshAhead,
  'stale-while-revalidate': staleWhileRevalidate,
  'stale-if-error': staleIfError,
  'early-expiration': earlyExpiration,
  lease,
  versioned,
  'client-tracking': clientTracking,
  'change-stream': changeStream,
} as const satisfies Readonly<Record<string, StrategyDefinition>>;

export type StrategyName = keyof typeof strategies;
