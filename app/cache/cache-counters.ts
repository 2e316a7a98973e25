import { counterOf } from '../contract/figure.ts';
import type { Counter } from '../contract/figure.ts';
import { serviceMetrics } from '../contract/service-metrics.ts';

type Counters = Readonly<Record<string, Counter & { readonly meaning?: string }>>;

const { cacheRequests, cacheOperationDuration, cacheQueuedWrites, cacheInvalidations } = serviceMetrics;

const answeredBy = (cache_tier: string, cache_result: string): Counter =>
  counterOf(cacheRequests, { cache_tier, cache_result });

/** Reads by the part that answered. `reads` is counted where a read is asked, the others where it is answered. */
export const readCounters = {
  reads: counterOf(serviceMetrics.cacheReads),
  memoryHits: { ...answeredBy('memory', 'hit'), meaning: 'fresh hits of the memory tiers' },
  redisHits: { ...answeredBy('redis', 'hit'), meaning: 'fresh hits of the redis tier' },
  memoryStaleHits: answeredBy('memory', 'stale_hit'),
  redisStaleHits: answeredBy('redis', 'stale_hit'),
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

/** Entries that left the memory tiers by themselves. */
export const evictionCounters = {
  expired: counterOf(serviceMetrics.cacheEvictions, { reason: 'ttl' }),
  evicted: counterOf(serviceMetrics.cacheEvictions, { reason: 'size' }),
} as const satisfies Counters;

/** Queries that caches keep away from PostgreSQL, or do not. */
export const storageQueryCounter = counterOf(serviceMetrics.storageDuration, {
  db_system_name: 'postgresql',
});
