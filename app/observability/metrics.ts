import type { Cache } from '../cache/cache.ts';
import type { CacheObserver } from '../cache/cache-events.ts';
import { accessMetrics } from '../contract/access-metrics.ts';
import { knownRoutes } from '../contract/operations.ts';
import { serviceMetrics } from '../contract/service-metrics.ts';
import { telemetryModes } from '../contract/telemetry-modes.ts';
import type { Storage, StorageEvent } from '../storage/postgres.ts';
import { createCacheObserver } from './cache-metrics.ts';
import type { CacheObserverOptions } from './cache-metrics.ts';
import { createLeanHistogram } from './lean-histogram.ts';
import type { MetricsRegistry } from './metrics-registry.ts';
import { createProcessRegistry } from './process-registry.ts';
import type { ProcessIdentity } from './process-registry.ts';
import { registerCopiedCounter, registerGauge } from './registered.ts';

/** A finished request, as the metrics see it. `route` is a template, never a path. */
export type RequestEvent = {
  readonly method: string;
  readonly route: string;
  readonly status: number;
  readonly durationSeconds: number;
  /** Where it is traced. */
  readonly traceId?: string | undefined;
};

/** How far the spans of this process came. */
export type SpanCounts = {
  readonly recorded: number;
  readonly exported: number;
  readonly dropped: number;
};

/** What a cache tells of its tiers. */
type WatchedTiers = Pick<Cache, 'usage' | 'circuits'>;

export type Metrics = {
  readonly registry: MetricsRegistry;
  /** Null in mode off: nothing is observed. */
  readonly observers: MetricObservers | null;
  readonly watchPool: (storage: Storage) => void;
  readonly watchTiers: (tiers: WatchedTiers) => void;
  readonly watchSpans: (counts: () => SpanCounts) => void;
};

export type MetricObservers = {
  readonly cache: CacheObserver;
  readonly storage: (event: StorageEvent) => void;
  readonly requestStarted: () => void;
  /** Answered, or its client is gone. */
  readonly requestEnded: () => void;
  readonly request: (event: RequestEvent) => void;
};

export type MetricsOptions = CacheObserverOptions &
  ProcessIdentity & {
    /** Of the process, where others tell something in it, too; absent: one of its own. */
    readonly registry?: MetricsRegistry;
  };

/** What the service tells of its work in the registry of its process, and the observers that feed it. */
export function createMetrics(options: MetricsOptions): Metrics {
  const { registry = createProcessRegistry(options), mode } = options;
  if (!telemetryModes[mode].metrics) {
    const nothing = () => {};
    return { registry, observers: null, watchPool: nothing, watchTiers: nothing, watchSpans: nothing };
  }
  return {
    registry,
    observers: createObservers(registry, options),
    watchPool: (storage) => exposePool(registry, storage),
    watchTiers: (tiers) => exposeTiers(registry, tiers),
    watchSpans: (counts) =>
      registerCopiedCounter(registry, serviceMetrics.telemetrySpans, () =>
        Object.entries(counts()).map(([stage, value]) => ({ labels: { stage }, value })),
      ),
  };
}

function createObservers(registry: MetricsRegistry, options: MetricsOptions): MetricObservers {
  return {
    cache: createCacheObserver(registry, options),
    storage: createStorageObserver(registry),
    ...createRequestObserver(registry, options.strategy),
  };
}

/** Observes the requests that a process answers itself. */
export function createRequestObserver(
  registry: MetricsRegistry,
  strategy: string,
): Pick<MetricObservers, 'request' | 'requestStarted' | 'requestEnded'> {
  const requests = createLeanHistogram(registry, serviceMetrics.requestDuration);
  const outcomes = { ok: 0, failed: 0 };
  registerCopiedCounter(registry, serviceMetrics.requests, () =>
    Object.entries(outcomes).map(([outcome, value]) => ({ labels: { outcome }, value })),
  );
  const failures = countByRoute(registry);
  let active = 0;
  registerGauge(registry, serviceMetrics.activeRequests, () => [[{}, active]]);
  return {
    requestStarted: () => {
      active += 1;
    },
    requestEnded: () => {
      active -= 1;
    },
    request: ({ method, route, status, durationSeconds, traceId }) => {
      const isFailed = status >= 500;
      outcomes[isFailed ? 'failed' : 'ok'] += 1;
      if (isFailed) failures.failed(route);
      requests.observe([method, route, String(status), strategy], durationSeconds, traceId);
    },
  };
}

/** Counts failures by route: at 0 for each that is known, since a rate does not see the value with which a series is born. */
function countByRoute(registry: MetricsRegistry) {
  const failures = new Map(knownRoutes().map((route) => [route, 0]));
  registerCopiedCounter(registry, serviceMetrics.requestFailures, function* () {
    for (const [http_route, value] of failures) yield { labels: { http_route }, value };
  });
  return { failed: (route: string) => void failures.set(route, (failures.get(route) ?? 0) + 1) };
}

/** Observes the statements of a process. */
export function createStorageObserver(registry: MetricsRegistry): (event: StorageEvent) => void {
  const queries = createLeanHistogram(registry, serviceMetrics.storageDuration);
  const waits = createLeanHistogram(registry, serviceMetrics.storageWait);
  let failures = 0;
  registerCopiedCounter(registry, serviceMetrics.storageFailures, () => [{ labels: {}, value: failures }]);
  return ({ statement, durationMs, waitMs, errorType }) => {
    if (errorType !== null) failures += 1;
    queries.observe(['postgresql', statement, errorType ?? ''], durationMs / 1000);
    waits.observe([], waitMs / 1000);
  };
}

export function exposePool(registry: MetricsRegistry, storage: Storage): void {
  registerCopiedCounter(registry, serviceMetrics.storageRefusals, () => [
    { labels: {}, value: storage.refusals() },
  ]);
  registerGauge(registry, serviceMetrics.storageConnections, () =>
    Object.entries(storage.connections()).map(([state, count]) => [{ state }, count]),
  );
  registerGauge(registry, serviceMetrics.storageConnectionsMax, () => [[{}, storage.connectionsMax]]);
}

function exposeTiers(registry: MetricsRegistry, tiers: WatchedTiers): void {
  const figures = [
    [serviceMetrics.cacheEntries, 'entries'],
    [serviceMetrics.cacheSize, 'bytes'],
    [serviceMetrics.cacheCapacity, 'capacityBytes'],
  ] as const;
  for (const [metric, figure] of figures)
    registerGauge(registry, metric, () =>
      tiers.usage().map((tier) => [{ cache_tier: tier.tier }, tier[figure]]),
    );
  registerGauge(registry, serviceMetrics.cacheCircuitOpen, () =>
    tiers.circuits().map(({ tier, isOpen }) => [{ cache_tier: tier }, isOpen ? 1 : 0]),
  );
}

export type WatchedRights = {
  readonly areRightsKnown: () => boolean;
  /** Questions that were refused so far. */
  readonly rightsRefusals: () => number;
};

/** Tells whether this replica knows the rights of people, and what it has refused since it did not. */
export function watchRights(registry: MetricsRegistry, rights: WatchedRights): void {
  registerGauge(registry, accessMetrics.rightsKnown, () => [[{}, rights.areRightsKnown() ? 1 : 0]]);
  registerCopiedCounter(registry, accessMetrics.rightsRefusals, () => [
    { labels: {}, value: rights.rightsRefusals() },
  ]);
}
