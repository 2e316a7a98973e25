import { hitBaseOf, hitsOf, staleHitsOf, tierDuties } from '../worlds/cache-counts.ts';
import type { CacheCounts, CacheWork } from '../worlds/cache-counts.ts';
import type { BlockRecord } from '../experiment/records.ts';
import type { CandidateResult } from './compare-result.ts';

type Blocks = readonly BlockRecord[];

/** The sum of a figure over blocks; null when one block lacks it, or when there are none. */
export function total(blocks: Blocks, figure: (block: BlockRecord) => number | null): number | null {
  if (blocks.length === 0) return null;
  return blocks.reduce<number | null>((sum, block) => {
    const value = figure(block);
    return sum === null || value === null ? null : sum + value;
  }, 0);
}

function ratio(part: number | null, whole: number | null): number | null {
  return part === null || whole === null || whole === 0 ? null : part / whole;
}

/** A figure of all blocks, per request that the service answered in them. */
export function perRequest(blocks: Blocks, figure: (block: BlockRecord) => number | null): number | null {
  return ratio(
    total(blocks, figure),
    total(blocks, ({ servedRequests }) => servedRequests),
  );
}

/** Shares of the reads that asked the cache: those that the tiers answered, stale hits among them, and the share of these. */
export function hitRatiosOf(
  blocks: Blocks,
  tiers: string,
): Pick<CandidateResult, 'hitRatio' | 'staleHitRatio'> {
  const share = (part: (counts: CacheCounts) => number): number | null =>
    ratio(
      total(blocks, ({ cache }) => cache && part(cache)),
      total(blocks, ({ cache }) => cache && hitBaseOf(cache)),
    );
  return {
    hitRatio: {
      // A tier that the candidate does not have has no hit ratio.
      memory: tiers.includes('memory') ? share((counts) => counts.memoryHits + counts.memoryStaleHits) : null,
      redis: tiers.includes('redis') ? share((counts) => counts.redisHits + counts.redisStaleHits) : null,
      all: share(hitsOf),
    },
    staleHitRatio: share(staleHitsOf),
  };
}

/** What the caches did beside answering, per request. */
export function cacheWorkOf(blocks: Blocks): CandidateResult['cacheWorkPerRequest'] {
  const counted = (name: keyof CacheCounts) => perRequest(blocks, ({ cache }) => cache && cache[name]);
  const done = (name: keyof CacheWork) => perRequest(blocks, ({ cacheWork }) => cacheWork && cacheWork[name]);
  return {
    loads: counted('loads'),
    joinedLoads: counted('joinedLoads'),
    loadCalls: done('loadCalls'),
    refreshes: done('refreshes'),
    rejectedFills: done('rejectedFills'),
    leaseWaits: done('leaseWaits'),
    invalidationsSent: done('invalidationsSent'),
    invalidationsReceived: done('invalidationsReceived'),
    invalidationsFailed: done('invalidationsFailed'),
    evictions: perRequest(blocks, ({ evictedEntries }) => evictedEntries),
  };
}

/** Of the commands to the Redis, by what they are for, the shares that it refused. */
export function refusedShareOf(blocks: Blocks): CandidateResult['refusedShare'] {
  const shares = tierDuties.map(({ name, sent, refused }) => [
    name,
    ratio(
      total(blocks, ({ tier }) => tier && tier[refused]),
      total(blocks, ({ tier }) => tier && tier[sent]),
    ),
  ]);
  return Object.fromEntries(shares) as CandidateResult['refusedShare'];
}
