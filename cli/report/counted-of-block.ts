import { storageQueryCounter } from '../../app/cache/cache-counters.ts';
import { countOf } from '../figures/counts.ts';
import type { Counts } from '../figures/counts.ts';
import { servedRequests } from '../figures/taken-counters.ts';
import { cacheReadsIn, cacheWorkIn, evictionsIn, tierCountsIn } from '../worlds/cache-counts.ts';

const unknown = {
  servedRequests: null,
  cache: null,
  cacheWork: null,
  tier: null,
  storageQueries: null,
  expiredEntries: null,
  evictedEntries: null,
} as const;

/** What the service counted in a block, by the names that results have for it. */
export function countedOfBlock(counts: Counts | null) {
  if (counts === null) return unknown;
  const { expired, evicted } = evictionsIn(counts);
  return {
    servedRequests: countOf(counts, servedRequests),
    cache: cacheReadsIn(counts),
    cacheWork: cacheWorkIn(counts),
    tier: tierCountsIn(counts),
    storageQueries: countOf(counts, storageQueryCounter),
    expiredEntries: expired,
    evictedEntries: evicted,
  };
}
