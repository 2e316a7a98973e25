import {
  commandCounters,
  evictionCounters,
  readCounters,
  workCounters,
} from '../../app/cache/cache-counters.ts';
import { tierNames } from '../../app/cache/tiers/index.ts';
import { countAll } from '../figures/counts.ts';
import type { Counts } from '../figures/counts.ts';

/** Reads of one block by the part that answered. `memoryHits`, and the like of other tiers, are the fresh ones. */
export type CacheCounts = Readonly<Record<keyof typeof readCounters, number>>;
/** What the caches of one block did beside answering. */
export type CacheWork = Readonly<Record<keyof typeof workCounters, number>>;
/** Commands to the tier behind a socket, and those of them that it refused or did not answer. */
export type TierCounts = Readonly<Record<keyof typeof commandCounters, number>>;
export type EvictionCounts = Readonly<Record<keyof typeof evictionCounters, number>>;

export const cacheReadsIn = (counts: Counts): CacheCounts => countAll(counts, readCounters);
export const cacheWorkIn = (counts: Counts): CacheWork => countAll(counts, workCounters);
export const tierCommandsIn = (counts: Counts): TierCounts => countAll(counts, commandCounters);
export const evictionsIn = (counts: Counts): EvictionCounts => countAll(counts, evictionCounters);

export const noReads: CacheCounts = cacheReadsIn({});
export const noTierCommands: TierCounts = tierCommandsIn({});

/** What a tier is asked to do: the counters of each, and what it is called. */
export const tierDuties = [
  { name: 'reads', sent: 'reads', refused: 'refusedReads', called: 'reads' },
  { name: 'writes', sent: 'writes', refused: 'refusedWrites', called: 'writes' },
  { name: 'queue', sent: 'queueWrites', refused: 'refusedQueueWrites', called: 'writes to the queue' },
] as const satisfies readonly {
  readonly name: string;
  readonly sent: keyof TierCounts;
  readonly refused: keyof TierCounts;
  readonly called: string;
}[];

export function staleHitsOf(counts: CacheCounts): number {
  return tierNames.reduce((sum, tier) => sum + counts[`${tier}StaleHits`], 0);
}

/** Reads that did not wait for storage, with what was fresh and with what was not. */
export function hitsOf(counts: CacheCounts): number {
  return tierNames.reduce((sum, tier) => sum + counts[`${tier}Hits`], staleHitsOf(counts));
}

/**
 * The reads that a hit ratio is a share of: those that could have been hits. Reads past the cache could not, such as those of
 * pages that no cache keeps. Where there are no others, without a cache, the ratio is 0.
 */
export function hitBaseOf({ reads, bypasses }: CacheCounts): number {
  return reads === bypasses ? reads : reads - bypasses;
}

/** Reads for which a tier could answer. */
export function askedOf({ reads, bypasses }: CacheCounts): number {
  return reads - bypasses;
}

/** Reads that some part has answered: as many as were asked, when nothing is lost. */
export function answersOf(counts: CacheCounts): number {
  return hitsOf(counts) + counts.loads + counts.joinedLoads + counts.bypasses;
}
