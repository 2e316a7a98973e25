import { performance } from 'node:perf_hooks';
import { Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import type { CacheObserver } from '../cache/cache-events.ts';
import { metricNames } from '../contract/metric-names.ts';
import type { Storage, StorageEvent } from '../storage/postgres.ts';
import { createCacheObserver } from './cache-metrics.ts';

const requestBuckets = [
  0.0005, 0.001, 0.0025, 0.005, 0.0075, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
];
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
