import { Counter, Histogram } from 'prom-client';
import type { Registry } from 'prom-client';
import type { ReadOutcome } from '../cache/cache.ts';
import type { CacheEvent, CacheObserver } from '../cache/cache-events.ts';
import { metricNames } from '../contract/metric-names.ts';
import { createLeanHistogram } from './lean-histogram.ts';

const tierBuckets = [0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1];
const queueBuckets = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];
const loadBuckets = [0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 5, 10];

const answerLabels: Readonly<
  Record<ReadOutcome, { readonly cache_tier: string; readonly cache_result: string }>
> = {
  'memory-hit': { cache_tier: 'memory', cache_result: 'hit' },
  'memory-stale-hit': { cache_tier: 'memory', cache_result: 'stale_hit' },
  'redis-hit': { cache_tier: 'redis', cache_result: 'hit' },
  'redis-stale-hit': { cache_tier: 'redis', cache_result: 'stale_hit' },
  load: { cache_tier: 'none', cache_result: 'miss' },
  'joined-load': { cache_tier: 'none', cache_result: 'coalesced' },
  bypass: { cache_tier: 'none', cache_result: 'bypass' },
};

/** Reads of one entity. Plain numbers, since they are counted once per key; a scrape copies them. */
type ReadCounts = { asked: number; readonly answered: Record<ReadOutcome, number> };

function noReads(): ReadCounts {
  const outcomes = Object.keys(answerLabels).map((outcome) => [outcome, 0]);
  return { asked: 0, answered: Object.fromEntries(outcomes) as Record<ReadOutcome, number> };
}

/** The counters of reads, which take their values from `counts` when they are scraped. */
function exposeReads(registry: Registry, strategy: string, counts: ReadonlyMap<string, ReadCounts>): void {
  const named = ['cache_name', 'cache_strategy'];
  new Counter({
    name: metricNames.cacheReads,
    help: 'Reads asked of the cache',
    labelNames: named,
    registers: [registry],
    collect() {
      this.reset();
      for (const [cache_name, { asked }] of counts) this.inc({ cache_name, cache_strategy: strategy }, asked);
    },
  });
  new Counter({
    name: metricNames.cacheRequests,
    help: 'Reads by the part that answered',
    labelNames: [...named, 'cache_tier', 'cache_result'],
    registers: [registry],
    collect() {
      this.reset();
      for (const [cache_name, { answered }] of counts) {
        for (const [outcome, labels] of Object.entries(answerLabels)) {
          const count = answered[outcome as ReadOutcome];
          if (count > 0) this.inc({ cache_name, cache_strategy: strategy, ...labels }, count);
        }
      }
    },
  });
}

function createCacheMetrics(registry: Registry) {
  const counter = (name: string, help: string, labelNames: string[]) =>
    new Counter({ name, help, labelNames, registers: [registry] });
  const histogram = (name: string, help: string, labelNames: string[], buckets: number[]) =>
    new Histogram({ name, help, labelNames, buckets, registers: [registry] });
  const tier = ['cache_name', 'cache_tier'];
  const outcome = ['cache_name', 'outcome'];
  return {
    evictions: counter(metricNames.cacheEvictions, 'Entries that had to go', [...tier, 'reason']),
    invalidations: counter(metricNames.cacheInvalidations, 'Messages between replicas', outcome),
    rejections: counter(metricNames.cacheFillsRejected, 'Fills that something newer refused', tier),
    refreshes: counter(metricNames.cacheRefreshes, 'Loads behind an answer', outcome),
    leases: counter(metricNames.cacheLeases, 'Requests for the right to load a key', outcome),
    queuedWrites: counter(metricNames.cacheQueuedWrites, 'Writes and the queue before storage', ['outcome']),
    queueWaits: histogram(
      metricNames.cacheQueueWait,
      'Time from the acknowledgement of the oldest write of a batch to its commit',
      [],
      queueBuckets,
    ),
    operations: createLeanHistogram(registry, {
      name: metricNames.cacheOperationDuration,
      help: 'Time of an operation on a tier behind a socket',
      labelNames: [...tier, 'cache_operation', 'cache_result'],
      buckets: tierBuckets,
    }),
    loads: createLeanHistogram(registry, {
      name: metricNames.cacheLoadDuration,
      help: 'Time of a load',
      labelNames: outcome,
      buckets: loadBuckets,
    }),
  };
}

/** Makes the cache's metrics and the observer that feeds them. */
export function createCacheObserver(registry: Registry, strategy: string): CacheObserver {
  const counts = new Map<string, ReadCounts>();
  exposeReads(registry, strategy, counts);
  const countsOf = (name: string): ReadCounts => {
    const known = counts.get(name);
    if (known !== undefined) return known;
    const added = noReads();
    counts.set(name, added);
    return added;
  };
  return {
    asked(name, count) {
      countsOf(name).asked += count;
    },
    answered(name, outcome, count) {
      countsOf(name).answered[outcome] += count;
    },
    happened: createEventObserver(createCacheMetrics(registry)),
  };
}

function createEventObserver(metrics: ReturnType<typeof createCacheMetrics>): (event: CacheEvent) => void {
  return (event) => {
    switch (event.type) {
      case 'loaded':
        return metrics.loads.observe([event.name, event.isFailed ? 'error' : 'ok'], event.durationMs / 1000);
      case 'tier-operation':
        return metrics.operations.observe(
          [event.name, event.tier, event.operation, event.result],
          event.durationMs / 1000,
        );
      case 'fill-rejected':
        return metrics.rejections.inc({ cache_name: event.name, cache_tier: event.tier });
      case 'evicted':
        return metrics.evictions.inc(
          { cache_name: event.name, cache_tier: event.tier, reason: event.reason },
          event.count,
        );
      case 'refresh':
        return metrics.refreshes.inc({ cache_name: event.name, outcome: event.outcome });
      case 'lease':
        return metrics.leases.inc({ cache_name: event.name, outcome: event.outcome });
      case 'invalidation':
        return metrics.invalidations.inc({ cache_name: event.name, outcome: event.outcome });
      case 'queue':
        return metrics.queuedWrites.inc({ outcome: event.outcome }, event.count);
      case 'queue-wait':
        return metrics.queueWaits.observe(event.durationMs / 1000);
      case 'bus-unsure':
        return metrics.invalidations.inc({ cache_name: '', outcome: event.reason });
    }
  };
}
