import { runtimeMetrics, serviceMetrics } from '../../app/contract/service-metrics.ts';
import { CommandError } from '../errors.ts';
import { noReads, noTierCommands, noWork } from './cache-counts.ts';
import type { CacheCounts, CacheWork, TierCounts } from './cache-counts.ts';

/** Counters of one process of the service since it started. */
export type ServiceCounters = {
  /** False: its telemetry is off, and all but `cpuUs` is 0 for want of counting. */
  readonly isCounted: boolean;
  readonly requests: number;
  readonly cache: CacheCounts;
  readonly cacheWork: CacheWork;
  readonly tier: TierCounts;
  readonly storageQueries: number;
  readonly cpuUs: number;
  readonly expiredEntries: number;
  readonly evictedEntries: number;
};

type Sample = { readonly name: string; readonly labels: ReadonlyMap<string, string>; readonly value: number };

/** The samples of an exposition in the text format of Prometheus or OpenMetrics; comments and exemplars are passed over. */
function* parseExposition(text: string): Generator<Sample> {
  for (const line of text.split('\n')) {
    const match = /^([A-Za-z_:][\w:]*)(?:\{(.*?)\})? ([^ ]+)(?: |$)/.exec(line);
    if (match === null) continue;
    const labels = new Map<string, string>();
    for (const [, name, value] of (match[2] ?? '').matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g))
      labels.set(name as string, value as string);
    yield { name: match[1] as string, labels, value: Number(match[3]) };
  }
}

const cacheResults: Readonly<Record<string, keyof CacheCounts>> = {
  'memory hit': 'memoryHits',
  'redis hit': 'redisHits',
  'memory stale_hit': 'memoryStaleHits',
  'redis stale_hit': 'redisStaleHits',
  'none miss': 'loads',
  'none coalesced': 'joinedLoads',
  'none bypass': 'bypasses',
};

/** Counters of what caches do, and which of their outcomes are read; null: all of them. */
const cacheWork: Readonly<Record<string, readonly [keyof CacheWork, string | null][]>> = {
  [`${serviceMetrics.cacheLoadDuration.name}_count`]: [['loadCalls', null]],
  [serviceMetrics.cacheRefreshes.name]: [['refreshes', 'started']],
  [serviceMetrics.cacheFillsRejected.name]: [['rejectedFills', null]],
  [serviceMetrics.cacheLeases.name]: [['leaseWaits', 'waited']],
  [serviceMetrics.cacheInvalidations.name]: [
    ['invalidationsSent', 'sent'],
    ['invalidationsReceived', 'received'],
    ['invalidationsFailed', 'failed'],
  ],
};

type Mutable<T> = { -readonly [K in keyof T]: T[K] extends number | boolean ? T[K] : Mutable<T[K]> };

function noCounts(): Mutable<ServiceCounters> {
  const parts = { cache: { ...noReads }, cacheWork: { ...noWork }, tier: { ...noTierCommands } };
  return {
    isCounted: true,
    requests: 0,
    ...parts,
    storageQueries: 0,
    cpuUs: 0,
    expiredEntries: 0,
    evictedEntries: 0,
  };
}

/** What the commands of the tier behind a socket are for. */
const tierCommands: Readonly<Record<string, 'reads' | 'writes'>> = {
  get: 'reads',
  mget: 'reads',
  set: 'writes',
  delete: 'writes',
  lease: 'writes',
};

/** What became of writes that were to wait. Those that found the queue full are neither. */
const queueCounts: Readonly<Record<string, readonly (keyof TierCounts)[]>> = {
  appended: ['queueWrites'],
  unavailable: ['queueWrites', 'refusedQueueWrites'],
};

function countTierCommand(
  tier: Mutable<TierCounts>,
  labels: ReadonlyMap<string, string>,
  value: number,
): void {
  const kind = tierCommands[labels.get('cache_operation') ?? ''];
  if (kind === undefined) return;
  tier[kind] += value;
  const isRefused = ['error', 'refused'].includes(labels.get('cache_result') ?? '');
  if (isRefused) tier[kind === 'reads' ? 'refusedReads' : 'refusedWrites'] += value;
}

function countSample(counts: Mutable<ServiceCounters>, { name, labels, value }: Sample): void {
  switch (name) {
    case `${serviceMetrics.requestDuration.name}_count`:
      counts.requests += value;
      break;
    case `${serviceMetrics.cacheOperationDuration.name}_count`:
      countTierCommand(counts.tier, labels, value);
      break;
    case serviceMetrics.cacheQueuedWrites.name:
      for (const count of queueCounts[labels.get('outcome') ?? ''] ?? []) counts.tier[count] += value;
      break;
    case serviceMetrics.cacheReads.name:
      counts.cache.reads += value;
      break;
    case serviceMetrics.cacheRequests.name: {
      const result = cacheResults[`${labels.get('cache_tier')} ${labels.get('cache_result')}`];
      if (result !== undefined) counts.cache[result] += value;
      break;
    }
    case `${serviceMetrics.storageDuration.name}_count`:
      if (labels.get('db_system_name') === 'postgresql') counts.storageQueries += value;
      break;
    case runtimeMetrics.processCpu.name:
      counts.cpuUs += value * 1e6;
      break;
    case serviceMetrics.cacheEvictions.name:
      if (labels.get('reason') === 'ttl') counts.expiredEntries += value;
      if (labels.get('reason') === 'size') counts.evictedEntries += value;
      break;
    default:
      for (const [work, outcome] of cacheWork[name] ?? [])
        if (outcome === null || labels.get('outcome') === outcome) counts.cacheWork[work] += value;
  }
}

/** Reads the figures that `compare` prints out of one scrape. Throws when the text is not the service's. */
export function parseServiceCounters(text: string): ServiceCounters {
  const counts = noCounts();
  let sawCpu = false;
  for (const sample of parseExposition(text)) {
    countSample(counts, sample);
    if (sample.name === serviceMetrics.runInfo.name)
      counts.isCounted = sample.labels.get('telemetry_mode') !== 'off';
    sawCpu ||= sample.name === runtimeMetrics.processCpu.name;
  }
  if (!sawCpu)
    throw new CommandError('internal', `the service's metrics lack ${runtimeMetrics.processCpu.name}`);
  return counts;
}

/** `after - before`, figure by figure. Both come from the same process. */
export function subtractCounters(after: ServiceCounters, before: ServiceCounters): ServiceCounters {
  return combine(after, before, (a, b) => a - b);
}

/** The sum over the replicas of a world. */
export function sumCounters(parts: readonly ServiceCounters[]): ServiceCounters {
  return parts.reduce((sum, part) => combine(sum, part, (a, b) => a + b), noCounts());
}

function combine(
  left: ServiceCounters,
  right: ServiceCounters,
  operate: (a: number, b: number) => number,
): ServiceCounters {
  const { cache, cacheWork: work, tier } = noCounts();
  for (const key of Object.keys(cache) as (keyof CacheCounts)[])
    cache[key] = operate(left.cache[key], right.cache[key]);
  for (const key of Object.keys(work) as (keyof CacheWork)[])
    work[key] = operate(left.cacheWork[key], right.cacheWork[key]);
  for (const key of Object.keys(tier) as (keyof TierCounts)[])
    tier[key] = operate(left.tier[key], right.tier[key]);
  return {
    isCounted: left.isCounted && right.isCounted,
    requests: operate(left.requests, right.requests),
    cache,
    cacheWork: work,
    tier,
    storageQueries: operate(left.storageQueries, right.storageQueries),
    cpuUs: operate(left.cpuUs, right.cpuUs),
    expiredEntries: operate(left.expiredEntries, right.expiredEntries),
    evictedEntries: operate(left.evictedEntries, right.evictedEntries),
  };
}
