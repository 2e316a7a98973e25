import { longestOwnLifetimeMs } from '../../contract/entity-lifetimes.ts';
import type { OwnLifetimes } from '../../contract/entity-lifetimes.ts';
import type { CacheSettings } from '../settings/cache-axes.ts';
import type { Entry } from '../entry.ts';
import type { AnyEntity } from '../strategy.ts';

/** What a candidate says of lifetimes. */
export type Lifetimes = Pick<CacheSettings, 'ttlMs' | 'ttlJitter' | 'negativeTtlMs'>;

/** How long an entry with a value is fresh at most, where the candidate's TTL is `ttlMs`. */
export function lifetimeMsOf(
  { freshness, lifetime }: Pick<AnyEntity, 'freshness' | 'lifetime'>,
  ttlMs: number,
): number {
  return freshness === 'versioned' ? (lifetime?.ttlMs ?? ttlMs) : freshness.ttlMs;
}

/** How long an entry is fresh at most. */
export function longestLifetimeMs(
  { ttlMs, negativeTtlMs }: Lifetimes,
  entity: AnyEntity,
  isAbsent: boolean,
): number {
  return isAbsent ? negativeTtlMs : lifetimeMsOf(entity, ttlMs);
}

/** Longer than any load takes. */
const loadMsMax = 60_000;

/**
 * How long after a write something may be cached that was read before it, where no tier hears of writes. A load that was under way fills
 * the shared tier; there, the entry lives for its time, at the end of which another replica may still take it for one that is new,
 * if the clock that filled it was ahead.
 */
export const longestCachedMs = (settings: Pick<CacheSettings, 'ttlMs' | 'staleMs'> & OwnLifetimes): number =>
  loadMsMax + 2 * (Math.max(settings.ttlMs, longestOwnLifetimeMs(settings)) + settings.staleMs);

/**
 * A TTL shortened by a random part of at most `share`, so that keys filled together do not expire together. It only
 * subtracts: the TTL stays an upper bound.
 */
export function jitteredTtlMs(ttlMs: number, share: number, random: () => number): number {
  return ttlMs * (1 - share * random());
}

/**
 * An entry that another replica has filled, bounded by this one's clock: from now on it is fresh for no longer than a new one
 * would be. Times in an entry are those of the clock that filled it; where that one is a minute ahead, they would otherwise
 * hold for a minute longer than they should.
 */
export function boundByOwnClock(entry: Entry, nowMs: number, lifetimeMs: number): Entry {
  const excessMs = entry.freshUntil - (nowMs + lifetimeMs);
  if (excessMs <= 0) return entry;
  return {
    ...entry,
    freshUntil: entry.freshUntil - excessMs,
    staleUntil: entry.staleUntil - excessMs,
  };
}
