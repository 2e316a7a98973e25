import { metricNames } from '../../app/contract/metric-names.ts';
import { CommandError } from '../errors.ts';
import type { CacheCounts } from '../experiment/records.ts';

/** Counters of one process of the service since it started. */
export type ServiceCounters = {
  readonly requests: number;
  readonly cache: CacheCounts;
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
  'none miss': 'loads',
  'none coalesced': 'joinedLoads',
  'none bypass': 'bypasses',
};

type Mutable<T> = { -readonly [K in keyof T]: T[K] extends number ? number : Mutable<T[K]> };

function noCounts(): Mutable<ServiceCounters> {
  const cache = { reads: 0, memoryHits: 0, redisHits: 0, loads: 0, joinedLoads: 0, bypasses: 0 };
  return { requests: 0, cache, storageQueries: 0, cpuUs: 0, expiredEntries: 0, evictedEntries: 0 };
}

function countSample(counts: Mutable<ServiceCounters>, { name, labels, value }: Sample): void {
  switch (name) {
    case `${metricNames.requestDuration}_count`:
      counts.requests += value;
      break;
    case metricNames.cacheReads:
      counts.cache.reads += value;
      break;
    case metricNames.cacheRequests: {
      const result = cacheResults[`${labels.get('cache_tier')} ${labels.get('cache_result')}`];
      if (result !== undefined) counts.cache[result] += value;
      break;
    }
    case `${metricNames.storageDuration}_count`:
      if (labels.get('db_system_name') === 'postgresql') counts.storageQueries += value;
      break;
    case metricNames.processCpu:
      counts.cpuUs += value * 1e6;
      break;
    case metricNames.cacheEvictions:
      if (labels.get('reason') === 'ttl') counts.expiredEntries += value;
      if (labels.get('reason') === 'size') counts.evictedEntries += value;
      break;
    default:
  }
}

/** Reads the figures that `compare` prints out of one scrape. Throws when the text is not the service's. */
export function parseServiceCounters(text: string): ServiceCounters {
  const counts = noCounts();
  let sawCpu = false;
  for (const sample of parseExposition(text)) {
    countSample(counts, sample);
    sawCpu ||= sample.name === metricNames.processCpu;
  }
  if (!sawCpu) throw new CommandError('internal', `the service's metrics lack ${metricNames.processCpu}`);
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
  const cache = noCounts().cache;
  for (const key of Object.keys(cache) as (keyof CacheCounts)[])
    cache[key] = operate(left.cache[key], right.cache[key]);
  return {
    requests: operate(left.requests, right.requests),
    cache,
    storageQueries: operate(left.storageQueries, right.storageQueries),
    cpuUs: operate(left.cpuUs, right.cpuUs),
    expiredEntries: operate(left.expiredEntries, right.expiredEntries),
    evictedEntries: operate(left.evictedEntries, right.evictedEntries),
  };
}
