import type { CacheRead, ReadOutcome } from '../cache/cache.ts';

/** Writes the `Cache-Status` of a read at a time of the service's clock. */
export type FormatCacheStatus = (
  read: Pick<CacheRead<unknown>, 'outcome' | 'freshUntil'>,
  nowMs: number,
) => string;

const hitTiers: Partial<Record<ReadOutcome, string>> = {
  'memory-hit': 'memory',
  'memory-stale-hit': 'memory',
  'redis-hit': 'redis',
  'redis-stale-hit': 'redis',
};

/**
 * The `Cache-Status` of reads (RFC 9211): a member per tier that was asked, nearest to storage first. Only tiers at and
 * before the one that answered were asked. What does not change from read to read is written once.
 */
export function createFormatCacheStatus(stack: string): FormatCacheStatus {
  // A stack is named from the reader on.
  const tiers = stack === 'none' ? [] : stack.split('+').reverse();
  const missed = (asked: readonly string[], detail: string) =>
    asked.map((tier) => `${tier}; fwd=miss; ${detail}`).join(', ');
  const load = missed(tiers, 'stored');
  const joinedLoad = missed(tiers, 'collapsed');
  /** What follows the tier that had it: the nearer ones, which have it now too. */
  const followers = new Map(
    tiers.map((tier, index) => {
      const nearer = missed(tiers.slice(index + 1), 'stored');
      return [tier, nearer === '' ? '' : `, ${nearer}`] as const;
    }),
  );
  return ({ outcome, freshUntil }, nowMs) => {
    if (tiers.length === 0 || outcome === 'bypass') return 'darkroom; fwd=bypass';
    if (outcome === 'load') return load;
    const tier = hitTiers[outcome];
    if (tier === undefined) return joinedLoad;
    // A stale hit has outlived its TTL: RFC 9211 writes that as a negative one.
    return `${tier}; hit; ttl=${Math.floor((freshUntil - nowMs) / 1000)}${followers.get(tier) ?? ''}`;
  };
}
