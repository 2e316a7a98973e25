/**
 * Reads of one block by the part that answered. `reads` is counted where a read is asked, the others where it is answered.
 * `memoryHits` and `redisHits` are the fresh ones.
 */
export type CacheCounts = {
  readonly reads: number;
  readonly memoryHits: number;
  readonly redisHits: number;
  readonly memoryStaleHits: number;
  readonly redisStaleHits: number;
  readonly loads: number;
  readonly joinedLoads: number;
  readonly bypasses: number;
};

/** What the caches of one block did beside answering. */
export type CacheWork = {
  /** Calls to storage for what a cache lacked: for readers, refreshes and writes. One call may load many keys. */
  readonly loadCalls: number;
  readonly refreshes: number;
  readonly rejectedFills: number;
  readonly leaseWaits: number;
  readonly invalidationsSent: number;
  readonly invalidationsReceived: number;
  readonly invalidationsFailed: number;
};

/**
 * Commands to the tier behind a socket, and those of them that it refused or did not answer. `queueWrites` are writes that were
 * to wait in its queue; one that finds the queue full is not refused.
 */
export type TierCounts = {
  readonly reads: number;
  readonly refusedReads: number;
  readonly writes: number;
  readonly refusedWrites: number;
  readonly queueWrites: number;
  readonly refusedQueueWrites: number;
};

export const noTierCommands: TierCounts = {
  reads: 0,
  refusedReads: 0,
  writes: 0,
  refusedWrites: 0,
  queueWrites: 0,
  refusedQueueWrites: 0,
};

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

export const noReads: CacheCounts = {
  reads: 0,
  memoryHits: 0,
  redisHits: 0,
  memoryStaleHits: 0,
  redisStaleHits: 0,
  loads: 0,
  joinedLoads: 0,
  bypasses: 0,
};

export const noWork: CacheWork = {
  loadCalls: 0,
  refreshes: 0,
  rejectedFills: 0,
  leaseWaits: 0,
  invalidationsSent: 0,
  invalidationsReceived: 0,
  invalidationsFailed: 0,
};

export function staleHitsOf({ memoryStaleHits, redisStaleHits }: CacheCounts): number {
  return memoryStaleHits + redisStaleHits;
}

/** Reads that did not wait for storage, with what was fresh and with what was not. */
export function hitsOf(counts: CacheCounts): number {
  return counts.memoryHits + counts.redisHits + staleHitsOf(counts);
}

/**
 * The reads that a hit ratio is a share of: those that could have been hits. Reads past the cache could not, such as those of
 * pages that no cache keeps. Where there are no others, without a cache, the ratio is 0.
 */
export function hitBaseOf({ reads, bypasses }: CacheCounts): number {
  return reads === bypasses ? reads : reads - bypasses;
}

/** Reads that some part has answered: as many as were asked, when nothing is lost. */
export function answersOf(counts: CacheCounts): number {
  return hitsOf(counts) + counts.loads + counts.joinedLoads + counts.bypasses;
}
