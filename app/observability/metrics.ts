import { performance } from 'node:perf_hooks';
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import type { CacheEvent, CacheObserver } from '../cache/cache-events.ts';
import type { ReadOutcome } from '../cache/cache.ts';
import { metricNames } from '../contract/metric-names.ts';
import type { Storage, StorageEvent } from '../storage/postgres.ts';

const requestBuckets = [
  0.0005, 0.001, 0.0025, 0.005, 0.0075, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
];
const cacheBuckets = [0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1];
const storageBuckets = [0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 5, 10];

/** A finished request, as the metrics see it. `route` is a template, never a path. */
export type RequestEvent = {
  readonly method: string;
  readonly route: string;
  readonly status: number;
  readonly durationSeconds: number;
};

export type Metrics = {
  readonly registry: Registry;
  readonly observeCache: CacheObserver;
  readonly observeStorage: (event: StorageEvent) => void;
  readonly observeRequest: (event: RequestEvent) => void;
  readonly watchPool: (storage: Storage) => void;
};

const answerLabels: Readonly<
  Record<ReadOutcome, { readonly cache_tier: string; readonly cache_result: string }>
> = {
  'memory-hit': { cache_tier: 'memory', cache_result: 'hit' },
  'redis-hit': { cache_tier: 'redis', cache_result: 'hit' },
  load: { cache_tier: 'none', cache_result: 'miss' },
  'joined-load': { cache_tier: 'none', cache_result: 'coalesced' },
  bypass: { cache_tier: 'none', cache_result: 'bypass' },
};

/** Makes the registry of one process and the observers that feed it. */
export function createMetrics(strategy: string): Metrics {
  const registry = new Registry();
  registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE as never);
  collectDefaultMetrics({ register: registry });
  addEventLoopUtilization(registry);
  const requests = new Histogram({
    name: metricNames.requestDuration,
    help: 'Time from a request to the end of its response',
    labelNames: ['http_request_method', 'http_route', 'http_response_status_code', 'cache_strategy'],
    buckets: requestBuckets,
    registers: [registry],
  });
  const queries = new Histogram({
    name: metricNames.storageDuration,
    help: 'Time of a query, with the wait for a connection',
    labelNames: ['db_system_name', 'db_operation_name', 'error_type'],
    buckets: storageBuckets,
    registers: [registry],
  });
  return {
    registry,
    observeCache: createCacheObserver(registry, strategy),
    observeStorage: ({ statement, durationMs, errorType }) =>
      queries.observe(
        { db_system_name: 'postgresql', db_operation_name: statement, error_type: errorType ?? '' },
        durationMs / 1000,
      ),
    observeRequest: ({ method, route, status, durationSeconds }) =>
      requests.observe(
        {
          http_request_method: method,
          http_route: route,
          http_response_status_code: String(status),
          cache_strategy: strategy,
        },
        durationSeconds,
      ),
    watchPool: (storage) => addPool(registry, storage),
  };
}

function createCacheObserver(registry: Registry, strategy: string): CacheObserver {
  const counter = (name: string, help: string, labelNames: string[]) =>
    new Counter({ name, help, labelNames, registers: [registry] });
  const reads = counter(metricNames.cacheReads, 'Reads asked of the cache', ['cache_name', 'cache_strategy']);
  const answers = counter(metricNames.cacheRequests, 'Reads by the part that answered', [
    'cache_name',
    'cache_strategy',
    'cache_tier',
    'cache_result',
  ]);
  const evictions = counter(metricNames.cacheEvictions, 'Entries that had to go', [
    'cache_name',
    'cache_tier',
    'reason',
  ]);
  const invalidations = counter(metricNames.cacheInvalidations, 'Messages between replicas', [
    'cache_name',
    'outcome',
  ]);
  const rejections = counter(metricNames.cacheFillsRejected, 'Fills that something newer refused', [
    'cache_name',
    'cache_tier',
  ]);
  const histogram = (name: string, help: string, labelNames: string[], buckets: number[]) =>
    new Histogram({ name, help, labelNames, buckets, registers: [registry] });
  const operations = histogram(
    metricNames.cacheOperationDuration,
    'Time of an operation on a tier behind a socket',
    ['cache_name', 'cache_tier', 'cache_operation', 'cache_result'],
    cacheBuckets,
  );
  const loads = histogram(
    metricNames.cacheLoadDuration,
    'Time of a load',
    ['cache_name', 'outcome'],
    storageBuckets,
  );
  return (event: CacheEvent): void => {
    switch (event.type) {
      case 'asked':
        return reads.inc({ cache_name: event.name, cache_strategy: strategy }, event.count);
      case 'answered':
        return answers.inc({
          cache_name: event.name,
          cache_strategy: strategy,
          ...answerLabels[event.outcome],
        });
      case 'loaded':
        return loads.observe(
          { cache_name: event.name, outcome: event.isFailed ? 'error' : 'ok' },
          event.durationMs / 1000,
        );
      case 'tier-operation':
        return operations.observe(
          {
            cache_name: event.name,
            cache_tier: event.tier,
            cache_operation: event.operation,
            cache_result: event.result,
          },
          event.durationMs / 1000,
        );
      case 'fill-rejected':
        return rejections.inc({ cache_name: event.name, cache_tier: event.tier });
      case 'evicted':
        return evictions.inc(
          { cache_name: event.name, cache_tier: event.tier, reason: event.reason },
          event.count,
        );
      case 'invalidation':
        return invalidations.inc({ cache_name: event.name, outcome: event.outcome });
      case 'bus-unsure':
        return invalidations.inc({ cache_name: '', outcome: event.reason });
    }
  };
}

function addEventLoopUtilization(registry: Registry): void {
  let last = performance.eventLoopUtilization();
  new Gauge({
    name: metricNames.eventLoopUtilization,
    help: 'Share of the time since the last scrape in which the event loop was busy',
    registers: [registry],
    collect() {
      const now = performance.eventLoopUtilization();
      this.set(performance.eventLoopUtilization(now, last).utilization);
      last = now;
    },
  });
}

function addPool(registry: Registry, storage: Storage): void {
  new Gauge({
    name: metricNames.storageConnections,
    help: 'Connections of the pool, and requests that wait for one',
    labelNames: ['state'],
    registers: [registry],
    collect() {
      for (const [state, count] of Object.entries(storage.connections())) this.set({ state }, count);
    },
  });
}
