import { Counter, Histogram } from 'prom-client';
import type { Registry } from 'prom-client';
import type { ReadOutcome } from '../cache/cache.ts';
import type { CacheEvent, CacheObserver } from '../cache/cache-events.ts';
import { metricNames } from '../contract/metric-names.ts';

const tierBuckets = [0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1];
const loadBuckets = [0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 5, 10];

const answerLabels: Readonly<
  Record<ReadOutcome, { readonly cache_tier: string; readonly cache_result: string }>
> = {
  'memory-hit': { cache_tier: 'memory', cache_result: 'hit' },
  'redis-hit': { cache_tier: 'redis', cache_result: 'hit' },
  load: { cache_tier: 'none', cache_result: 'miss' },
  'joined-load': { cache_tier: 'none', cache_result: 'coalesced' },
  bypass: { cache_tier: 'none', cache_result: 'bypass' },
};

function createCacheMetrics(registry: Registry) {
  const counter = (name: string, help: string, labelNames: string[]) =>
    new Counter({ name, help, labelNames, registers: [registry] });
  const histogram = (name: string, help: string, labelNames: string[], buckets: number[]) =>
    new Histogram({ name, help, labelNames, buckets, registers: [registry] });
  const { cacheReads, cacheRequests, cacheEvictions, cacheInvalidations, cacheFillsRejected } = metricNames;
  const tier = ['cache_name', 'cache_tier'];
  const named = ['cache_name', 'cache_strategy'];
  return {
    reads: counter(cacheReads, 'Reads asked of the cache', named),
    answers: counter(cacheRequests, 'Reads by the part that answered', [
      ...named,
      'cache_tier',
      'cache_result',
    ]),
    evictions: counter(cacheEvictions, 'Entries that had to go', [...tier, 'reason']),
    invalidations: counter(cacheInvalidations, 'Messages between replicas', ['cache_name', 'outcome']),
    rejections: counter(cacheFillsRejected, 'Fills that something newer refused', tier),
    operations: histogram(
      metricNames.cacheOperationDuration,
      'Time of an operation on a tier behind a socket',
      [...tier, 'cache_operation', 'cache_result'],
      tierBuckets,
    ),
    loads: histogram(metricNames.cacheLoadDuration, 'Time of a load', ['cache_name', 'outcome'], loadBuckets),
  };
}

/** Makes the cache's metrics and the observer that feeds them. */
export function createCacheObserver(registry: Registry, strategy: string): CacheObserver {
  const metrics = createCacheMetrics(registry);
  return (event: CacheEvent): void => {
    const { name: cache_name } = { name: '', ...event };
    switch (event.type) {
      case 'asked':
        return metrics.reads.inc({ cache_name, cache_strategy: strategy }, event.count);
      case 'answered':
        return metrics.answers.inc({ cache_name, cache_strategy: strategy, ...answerLabels[event.outcome] });
      case 'loaded':
        return metrics.loads.observe(
          { cache_name, outcome: event.isFailed ? 'error' : 'ok' },
          event.durationMs / 1000,
        );
      case 'tier-operation': {
        const labels = {
          cache_tier: event.tier,
          cache_operation: event.operation,
          cache_result: event.result,
        };
        return metrics.operations.observe({ cache_name, ...labels }, event.durationMs / 1000);
      }
      case 'fill-rejected':
        return metrics.rejections.inc({ cache_name, cache_tier: event.tier });
      case 'evicted':
        return metrics.evictions.inc(
          { cache_name, cache_tier: event.tier, reason: event.reason },
          event.count,
        );
      case 'invalidation':
        return metrics.invalidations.inc({ cache_name, outcome: event.outcome });
      case 'bus-unsure':
        return metrics.invalidations.inc({ cache_name, outcome: event.reason });
    }
  };
}
