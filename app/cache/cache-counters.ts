import { counterOf } from '../contract/figure.ts';
import type { Counter } from '../contract/figure.ts';
import { serviceMetrics } from '../contract/service-metrics.ts';
import { ofEachTier, tierKinds, tierNames } from './tiers/index.ts';
import type { TierName } from './tiers/index.ts';

type DescribedCounter = Counter & { readonly meaning?: string };
type Counters = Readonly<Record<string, DescribedCounter>>;

const { cacheRequests, cacheOperationDuration, cacheQueuedWrites, cacheInvalidations } = serviceMetrics;

const answeredBy = (cache_tier: string, cache_result: string): Counter =>
  counterOf(cacheRequests, { cache_tier, cache_result });

/** A counter of each kind of tier, by its name with that ending. */
function ofTiers<Ending extends string>(
  ending: Ending,
  counterOfTier: (tier: TierName) => DescribedCounter,
): Readonly<Record<`${TierName}${Ending}`, DescribedCounter>> {
  const entries = tierNames.map((tier) => [`${tier}${ending}`, counterOfTier(tier)]);
  // It has a name for each kind, of which the type checker sees only that they are texts.
  return Object.fromEntries(entries) as Record<`${TierName}${Ending}`, DescribedCounter>;
}

/** Reads by the part that answered. `reads` is counted where a read is asked, the others where it is answered. */
export const readCounters = {
  reads: counterOf(serviceMetrics.cacheReads),
  ...ofTiers('Hits', (tier) => ({
    ...answeredBy(tier, 'hit'),
    meaning: `fresh hits of the ${tier} ${tierKinds[tier].isShared ? 'tier' : 'tiers'}`,
  })),
  ...ofTiers('StaleHits', (tier) => answeredBy(tier, 'stale_hit')),
  loads: answeredBy('none', 'miss'),
  joinedLoads: answeredBy('none', 'coalesced'),
  bypasses: answeredBy('none', 'bypass'),
} as const satisfies Counters;

/** What caches do beside answering. */
export const workCounters = {
  loadCalls: {
    ...counterOf(serviceMetrics.cacheLoadDuration),
    meaning: 'calls to storage for what a cache lacked: for readers, refreshes and writes',
  },
  refreshes: counterOf(serviceMetrics.cacheRefreshes, { outcome: 'started' }),
  rejectedFills: counterOf(serviceMetrics.cacheFillsRejected),
  leaseWaits: counterOf(serviceMetrics.cacheLeases, { outcome: 'waited' }),
  invalidationsSent: counterOf(cacheInvalidations, { outcome: 'sent' }),
  invalidationsReceived: counterOf(cacheInvalidations, { outcome: 'received' }),
  invalidationsFailed: counterOf(cacheInvalidations, { outcome: 'failed' }),
} as const satisfies Counters;

const commands = {
  reads: { cache_operation: ['get', 'mget'] },
  writes: { cache_operation: ['set', 'delete', 'lease'] },
} as const;
const refused = { cache_result: ['error', 'refused'] } as const;

/**
 * Commands to the tier behind a socket, and those of them that it refused or did not answer. `queueWrites` are writes that were
 * to wait in its queue; one that finds the queue full is not refused.
 */
export const commandCounters = {
  reads: counterOf(cacheOperationDuration, commands.reads),
  refusedReads: counterOf(cacheOperationDuration, { ...commands.reads, ...refused }),
  writes: { ...counterOf(cacheOperationDuration, commands.writes), meaning: 'deletes and leases too' },
  refusedWrites: counterOf(cacheOperationDuration, { ...commands.writes, ...refused }),
  queueWrites: {
    ...counterOf(cacheQueuedWrites, { outcome: ['appended', 'unavailable'] }),
    meaning: 'writes that were to wait in the queue',
  },
  refusedQueueWrites: counterOf(cacheQueuedWrites, { outcome: 'unavailable' }),
} as const satisfies Counters;

/** All commands to each kind of tier: they tell whose those above are, since a candidate has one tier behind a socket at most. */
export const commandsOfTiers = ofEachTier((cache_tier) => counterOf(cacheOperationDuration, { cache_tier }));

/** Entries that left the memory tiers by themselves. */
export const evictionCounters = {
  expired: counterOf(serviceMetrics.cacheEvictions, { reason: 'ttl' }),
  evicted: counterOf(serviceMetrics.cacheEvictions, { reason: 'size' }),
} as const satisfies Counters;

/** Queries that caches keep away from PostgreSQL, or do not. */
export const storageQueryCounter = counterOf(serviceMetrics.storageDuration, {
  db_system_name: 'postgresql',
});
