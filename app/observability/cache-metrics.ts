import type { ReadOutcome, TierNames } from '../cache/cache.ts';
import type { CacheEvent, CacheObserver, DeliveryChange } from '../cache/cache-events.ts';
import { serviceMetrics } from '../contract/service-metrics.ts';
import { createExemplar } from './metrics-registry.ts';
import type { Exemplar, MetricsRegistry } from './metrics-registry.ts';
import { createLeanHistogram } from './lean-histogram.ts';
import { registerCopiedCounter, registerCounter, registerGauge } from './registered.ts';

type AnswerLabels = { readonly cache_tier: string; readonly cache_result: string };

/** How the outcome of a read is said in labels, and in the attributes of spans. */
export function answerLabelsOf({ local, shared }: TierNames): Readonly<Record<ReadOutcome, AnswerLabels>> {
  const inLocal = { cache_tier: local ?? 'none' };
  const inShared = { cache_tier: shared ?? 'none' };
  return {
    'local-hit': { ...inLocal, cache_result: 'hit' },
    'local-stale-hit': { ...inLocal, cache_result: 'stale_hit' },
    'shared-hit': { ...inShared, cache_result: 'hit' },
    'shared-stale-hit': { ...inShared, cache_result: 'stale_hit' },
    load: { cache_tier: 'none', cache_result: 'miss' },
    'joined-load': { cache_tier: 'none', cache_result: 'coalesced' },
    bypass: { cache_tier: 'none', cache_result: 'bypass' },
  };
}

/** Outcomes whose counts carry an exemplar: reads that went to storage. Hits are so many that theirs would push these out of the buffer. */
const ledOn: ReadonlySet<ReadOutcome> = new Set(['load', 'joined-load', 'bypass']);

/** Reads of one entity. Plain numbers, since they are counted once per key; a scrape copies them. */
type ReadCounts = {
  asked: number;
  readonly answered: Record<ReadOutcome, number>;
  readonly exemplars: { [outcome in ReadOutcome]?: Exemplar };
};

function noReads(): ReadCounts {
  const answered = {
    'local-hit': 0,
    'local-stale-hit': 0,
    'shared-hit': 0,
    'shared-stale-hit': 0,
    load: 0,
    'joined-load': 0,
    bypass: 0,
  };
  return { asked: 0, answered, exemplars: {} };
}

/** The counters of reads, which take their values from `counts` when they are scraped. */
function exposeReads(
  registry: MetricsRegistry,
  { strategy, tiers }: CacheObserverOptions,
  counts: ReadonlyMap<string, ReadCounts>,
): void {
  const answerLabels = Object.entries(answerLabelsOf(tiers)) as [ReadOutcome, AnswerLabels][];
  registerCopiedCounter(registry, serviceMetrics.cacheReads, function* () {
    for (const [cache_name, { asked }] of counts)
      yield { labels: { cache_name, cache_strategy: strategy }, value: asked };
  });
  registerCopiedCounter(registry, serviceMetrics.cacheRequests, function* () {
    for (const [cache_name, { answered, exemplars }] of counts) {
      for (const [outcome, labels] of answerLabels) {
        const value = answered[outcome];
        const exemplar = exemplars[outcome];
        if (value > 0) yield { labels: { cache_name, cache_strategy: strategy, ...labels }, value, exemplar };
      }
    }
  });
}

const deliveryChanges: readonly DeliveryChange[] = ['disconnected', 'resumed', 'loss-noticed'];

/** What may happen in the cache of a candidate, as far as its counters are exposed before it does. */
export type PossibleEvents = {
  /** The names of what is cached. */
  readonly names: readonly string[];
  /** The names of what writes change. */
  readonly written: readonly string[];
  /** What a replica counts of its messages; empty where it hears of none. */
  readonly invalidations: readonly ('sent' | 'received' | 'failed')[];
  /** Whether writes may wait in a queue. */
  readonly defersWrites: boolean;
};

const queueOutcomes = [
  'appended',
  'full',
  'unavailable',
  'flushed',
  'failed',
  'refused',
  'set-aside',
] as const;

function possibleInvalidations({ written, invalidations }: PossibleEvents) {
  if (invalidations.length === 0) return [];
  return [
    ...deliveryChanges.map((outcome) => ({ cache_name: '', outcome })),
    ...written.flatMap((cache_name) => invalidations.map((outcome) => ({ cache_name, outcome }))),
  ];
}

const tierOperations = ['get', 'mget', 'set', 'delete', 'lease', 'decode', 'encode'] as const;
const tierFailures = ['error', 'refused'] as const;

/**
 * Counts failed operations of the shared tier in plain numbers, which cost little, since all operations fail while it
 * is away. The histogram counts them too, but its series for failures begin with the first one, so that no rate
 * contains that.
 */
function countTierFailures(registry: MetricsRegistry, { shared }: TierNames) {
  const counts = new Map<string, { readonly labels: Readonly<Record<string, string>>; value: number }>();
  const counterOf = (tier: string, operation: string, result: string) => {
    const key = `${tier} ${operation} ${result}`;
    const known = counts.get(key);
    if (known !== undefined) return known;
    const labels = { cache_tier: tier, cache_operation: operation, cache_result: result };
    const added = { labels, value: 0 };
    counts.set(key, added);
    return added;
  };
  if (shared !== null)
    for (const operation of tierOperations)
      for (const result of tierFailures) counterOf(shared, operation, result);
  registerCopiedCounter(registry, serviceMetrics.cacheOperationFailures, () => counts.values());
  return ({ tier, operation, result }: Extract<CacheEvent, { readonly type: 'tier-operation' }>): void => {
    if (result === 'error' || result === 'refused') counterOf(tier, operation, result).value += 1;
  };
}

type OutcomeCounter = { inc(labels: { cache_name: string; outcome: string }, value?: number): void };

/**
 * Counts the outcomes of something that not every candidate does, so that its series appear only once it
 * happens. With the first outcome of an entity, all of them are exposed at 0: a rare one, which matters, then
 * has a series before its first event, and a rate contains that event.
 */
function countOutcomes<O extends string>(counter: OutcomeCounter, outcomes: readonly O[]) {
  const known = new Set<string>();
  return (cache_name: string, outcome: O): void => {
    if (!known.has(cache_name)) {
      known.add(cache_name);
      for (const possible of outcomes) counter.inc({ cache_name, outcome: possible }, 0);
    }
    counter.inc({ cache_name, outcome });
  };
}

/** How many loads of each entity are under way, and the most that were since the last scrape. */
function countLoads(registry: MetricsRegistry) {
  const now = new Map<string, number>();
  const most = new Map<string, number>();
  const values = (counts: ReadonlyMap<string, number>) =>
    [...counts].map(([cache_name, count]) => [{ cache_name }, count] as const);
  registerGauge(registry, serviceMetrics.cacheLoadsInFlight, () => values(now));
  registerGauge(registry, serviceMetrics.cacheLoadsInFlightPeak, () => {
    const peaks = values(most);
    for (const [name, count] of now) most.set(name, count);
    return peaks;
  });
  return {
    begun(name: string): void {
      const count = (now.get(name) ?? 0) + 1;
      now.set(name, count);
      if (count > (most.get(name) ?? 0)) most.set(name, count);
    },
    ended(name: string): void {
      now.set(name, (now.get(name) ?? 1) - 1);
    },
  };
}

function createCacheMetrics(registry: MetricsRegistry, { possible, tiers }: CacheObserverOptions) {
  const names = possible?.names ?? [];
  const tierNames = [tiers.local, tiers.shared].filter((tier) => tier !== null);
  const queue: { length?: number } = {};
  registerGauge(registry, serviceMetrics.cacheQueueLength, () =>
    queue.length === undefined ? [] : [[{}, queue.length]],
  );
  return {
    inFlight: countLoads(registry),
    queue,
    evictions: registerCounter(registry, serviceMetrics.cacheEvictions),
    invalidations: registerCounter(
      registry,
      serviceMetrics.cacheInvalidations,
      possible && possibleInvalidations(possible),
    ),
    invalidationLag: createLeanHistogram(registry, serviceMetrics.cacheInvalidationLag),
    rejections: registerCounter(
      registry,
      serviceMetrics.cacheFillsRejected,
      names.flatMap((cache_name) => tierNames.map((cache_tier) => ({ cache_name, cache_tier }))),
    ),
    countRefresh: countOutcomes(registerCounter(registry, serviceMetrics.cacheRefreshes), [
      'started',
      'failed',
      'skipped',
    ]),
    countLease: countOutcomes(registerCounter(registry, serviceMetrics.cacheLeases), [
      'granted',
      'waited',
      'gave-up',
      'unavailable',
    ]),
    queuedWrites: registerCounter(
      registry,
      serviceMetrics.cacheQueuedWrites,
      possible?.defersWrites === true ? queueOutcomes.map((outcome) => ({ outcome })) : [],
    ),
    queueWaits: createLeanHistogram(registry, serviceMetrics.cacheQueueWait),
    operations: createLeanHistogram(registry, serviceMetrics.cacheOperationDuration),
    countTierFailure: countTierFailures(registry, tiers),
    loadedKeys: registerCounter(registry, serviceMetrics.cacheLoadedKeys),
    loads: createLeanHistogram(registry, serviceMetrics.cacheLoadDuration),
    loadFailures: registerCounter(
      registry,
      serviceMetrics.cacheLoadFailures,
      names.map((cache_name) => ({ cache_name })),
    ),
  };
}

/** The trace of the request that is being handled, where it is traced. */
export type CurrentTraceId = () => string | undefined;

export type CacheObserverOptions = {
  readonly strategy: string;
  readonly tiers: TierNames;
  /** Absent: nothing is exposed before it happens. */
  readonly possible?: PossibleEvents;
  /** Absent where nothing is traced. */
  readonly currentTraceId?: CurrentTraceId;
};

/** Makes the cache's metrics and the observer that feeds them. */
export function createCacheObserver(registry: MetricsRegistry, options: CacheObserverOptions): CacheObserver {
  const { currentTraceId } = options;
  const counts = new Map<string, ReadCounts>();
  exposeReads(registry, options, counts);
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
      const counted = countsOf(name);
      counted.answered[outcome] += count;
      if (currentTraceId === undefined || !ledOn.has(outcome)) return;
      const traceId = currentTraceId();
      if (traceId !== undefined) counted.exemplars[outcome] = createExemplar(traceId, 1);
    },
    happened: createEventObserver(createCacheMetrics(registry, options), currentTraceId),
  };
}

function createEventObserver(
  metrics: ReturnType<typeof createCacheMetrics>,
  currentTraceId: CurrentTraceId | undefined,
): (event: CacheEvent) => void {
  return (event) => {
    switch (event.type) {
      case 'loading':
        return metrics.inFlight.begun(event.name);
      case 'loaded':
        metrics.inFlight.ended(event.name);
        metrics.loadedKeys.inc({ cache_name: event.name }, event.keys);
        if (event.isFailed) metrics.loadFailures.inc({ cache_name: event.name });
        return metrics.loads.observe(
          [event.name, event.isFailed ? 'error' : 'ok'],
          event.durationMs / 1000,
          currentTraceId?.(),
        );
      case 'tier-operation':
        metrics.countTierFailure(event);
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
        return metrics.countRefresh(event.name, event.outcome);
      case 'lease':
        return metrics.countLease(event.name, event.outcome);
      case 'invalidation':
        if (event.lagMs !== undefined) metrics.invalidationLag.observe([event.name], event.lagMs / 1000);
        return metrics.invalidations.inc({ cache_name: event.name, outcome: event.outcome });
      case 'queue':
        return metrics.queuedWrites.inc({ outcome: event.outcome }, event.count);
      case 'queue-length':
        metrics.queue.length = event.writes;
        return;
      case 'queue-wait':
        return metrics.queueWaits.observe([], event.durationMs / 1000);
      case 'delivery':
        return metrics.invalidations.inc({ cache_name: '', outcome: event.change });
    }
  };
}
