import {
  commandCounters,
  commandsOfTiers,
  evictionCounters,
  readCounters,
  workCounters,
} from '../../app/cache/cache-counters.ts';
import { tierNames } from '../../app/cache/tiers/index.ts';
import type { TierName } from '../../app/cache/tiers/index.ts';
import { countAll, countOf } from '../figures/counts.ts';
import type { Counts } from '../figures/counts.ts';

/** Reads of one block by the part that answered. `memoryHits`, and the like of other tiers, are the fresh ones. */
export type CacheCounts = Readonly<Record<keyof typeof readCounters, number>>;
/** What the caches of one block did beside answering. */
export type CacheWork = Readonly<Record<keyof typeof workCounters, number>>;
/** Commands to the tier behind a socket, and those of them that it refused or did not answer. */
export type TierCounts = Readonly<Record<keyof typeof commandCounters, number>>;
/** The same, and which tier that is. */
export type TierCommands = TierCounts & { readonly tier: TierName };
export type EvictionCounts = Readonly<Record<keyof typeof evictionCounters, number>>;

export const cacheReadsIn = (counts: Counts): CacheCounts => countAll(counts, readCounters);
export const cacheWorkIn = (counts: Counts): CacheWork => countAll(counts, workCounters);
export const tierCountsIn = (counts: Counts): TierCounts => countAll(counts, commandCounters);
export const evictionsIn = (counts: Counts): EvictionCounts => countAll(counts, evictionCounters);

export const noReads: CacheCounts = cacheReadsIn({});

/** Where no tier was asked for anything, only the queue can have been, which lies in Redis. */
export function tierCommandsIn(counts: Counts): TierCommands {
  const asked = tierNames.find((tier) => countOf(counts, commandsOfTiers[tier]) > 0);
  return { ...tierCountsIn(counts), tier: asked ?? 'redis' };
}

export const noTierCommands: TierCommands = tierCommandsIn({});

/** Something that a tier, or the queue in Redis, is asked to do: its counters, and what it is called. */
export type TierDuty = {
  readonly sent: keyof TierCounts;
  readonly refused: keyof TierCounts;
  readonly called: string;
  readonly isOfQueue?: true;
};

export const tierDuties: readonly TierDuty[] = [
  { sent: 'reads', refused: 'refusedReads', called: 'reads' },
  { sent: 'writes', refused: 'refusedWrites', called: 'writes' },
  { sent: 'queueWrites', refused: 'refusedQueueWrites', called: 'writes to the queue', isOfQueue: true },
];

/** `redis refused 3 of 9 reads and 1 of 4 writes`, where `and` stands between the parts. */
export function describeRefusals(commands: TierCommands, duties: readonly TierDuty[], and: string): string {
  const byTier = Map.groupBy(duties, ({ isOfQueue }) => (isOfQueue === true ? 'redis' : commands.tier));
  const parts = [...byTier].map(([tier, own]) => {
    const refusals = own.map(
      ({ sent, refused, called }) => `${commands[refused]} of ${commands[sent]} ${called}`,
    );
    return `${tier} refused ${refusals.join(and)}`;
  });
  return parts.join(and);
}

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
