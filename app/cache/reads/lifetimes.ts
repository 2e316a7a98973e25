import type { Candidate } from '../candidates/candidate.ts';
import type { Entry } from '../entry.ts';
import type { AnyEntity } from '../strategy.ts';

/** What a candidate says of lifetimes. */
export type Lifetimes = Pick<Candidate, 'ttlMs' | 'ttlJitter' | 'feedTtlMs' | 'negativeTtlMs'>;

/** How long an entry is fresh at most. */
export function longestLifetimeMs(
  { ttlMs, feedTtlMs, negativeTtlMs }: Lifetimes,
  { freshness }: AnyEntity,
  isAbsent: boolean,
): number {
  if (isAbsent) return negativeTtlMs;
  return freshness === 'ttl' ? feedTtlMs : ttlMs;
}

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
