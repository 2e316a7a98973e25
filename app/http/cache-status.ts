import type { CacheRead, ReadOutcome, StoredIn } from '../cache/cache.ts';

/** Writes the `Cache-Status` of a read at a time of the service's clock. */
export type FormatCacheStatus = (
  read: Pick<CacheRead<unknown>, 'outcome' | 'freshUntil' | 'storedIn'>,
  nowMs: number,
) => string;

const hitTiers: Partial<Record<ReadOutcome, string>> = {
  'memory-hit': 'memory',
  'memory-stale-hit': 'memory',
  'redis-hit': 'redis',
  'redis-stale-hit': 'redis',
};

const placesOfEntries: readonly StoredIn[] = ['none', 'memory', 'redis', 'memory+redis'];

/**
 * The `Cache-Status` of reads (RFC 9211): a member per tier that was asked, nearest to storage first. Only tiers at and
 * before the one that answered were asked. `stored` is said of those that have taken the entry. What does not change from
 * read to read is written once.
 */
export function createFormatCacheStatus(stack: string): FormatCacheStatus {
  // A stack is named from the reader on.
  const tiers = stack === 'none' ? [] : stack.split('+').reverse();
  const missed = (asked: readonly string[], storedIn: StoredIn) =>
    asked.map((tier) => `${tier}; fwd=miss${storedIn.includes(tier) ? '; stored' : ''}`).join(', ');
  const written = (asked: readonly string[]) =>
    new Map(placesOfEntries.map((storedIn) => [storedIn, missed(asked, storedIn)]));
  const loads = written(tiers);
  const joinedLoad = tiers.map((tier) => `${tier}; fwd=miss; collapsed`).join(', ');
  /** What follows the tier that had it: the nearer ones, which may have it now too. */
  const followers = new Map(tiers.map((tier, index) => [tier, written(tiers.slice(index + 1))]));
  return ({ outcome, freshUntil, storedIn = 'none' }, nowMs) => {
    if (tiers.length === 0 || outcome === 'bypass') return 'darkroom; fwd=bypass';
    if (outcome === 'load') return loads.get(storedIn) ?? '';
    const tier = hitTiers[outcome];
    if (tier === undefined) return joinedLoad;
    const nearer = followers.get(tier)?.get(storedIn) ?? '';
    // A stale hit has outlived its TTL: RFC 9211 writes that as a negative one.
    const hit = `${tier}; hit; ttl=${Math.floor((freshUntil - nowMs) / 1000)}`;
    return nearer === '' ? hit : `${hit}, ${nearer}`;
  };
}
