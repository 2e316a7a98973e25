import type { CacheRead, ReadOutcome } from '../cache/cache.ts';

/** Names of the tiers that a candidate has, nearest to storage first, as RFC 9211 orders them. */
function tiersOf(stack: string): string[] {
  return stack === 'none' ? [] : stack.split('+').reverse();
}

const hitTier: Partial<Record<ReadOutcome, string>> = {
  'memory-hit': 'memory',
  'memory-stale-hit': 'memory',
  'redis-hit': 'redis',
  'redis-stale-hit': 'redis',
};

/**
 * The `Cache-Status` of a read (RFC 9211): a member per tier that was asked, nearest to storage first. Only tiers at and
 * before the one that answered were asked.
 */
export function formatCacheStatus(
  stack: string,
  read: Pick<CacheRead<unknown>, 'outcome' | 'freshUntil'>,
  nowMs: number,
): string {
  const tiers = tiersOf(stack);
  if (tiers.length === 0 || read.outcome === 'bypass') return 'darkroom; fwd=bypass';
  const answering = hitTier[read.outcome];
  // A stale hit has outlived its TTL: RFC 9211 writes that as a negative one.
  const hit = `${answering}; hit; ttl=${Math.floor((read.freshUntil - nowMs) / 1000)}`;
  const missed = (tier: string) =>
    `${tier}; fwd=miss${read.outcome === 'joined-load' ? '; collapsed' : '; stored'}`;
  const from = answering === undefined ? 0 : tiers.indexOf(answering);
  return tiers
    .slice(from)
    .map((tier) => (tier === answering ? hit : missed(tier)))
    .join(', ');
}
