import { pingName } from '../app/contract/service-metrics.ts';
import type { createPromql } from './promql.ts';
import { tierParts } from './series-colours.ts';
import type { Part } from './series-colours.ts';

type Promql = ReturnType<typeof createPromql>;
type By = readonly ('candidate' | 'cache_name')[];

/**
 * The ratios of caches, each defined once: dashboards, rules and the live page say the same thing by the same
 * name. Shares are from 0 to 1; every part of `answers` is a share of all answered reads, so they sum to 1.
 * Where there were no reads, a share has no series: 0 of 0 would say nothing, and would hide the text of an
 * empty panel.
 */
export function cacheRatios(promql: Promql, by: By = ['candidate']) {
  const { rate } = promql;
  const all = rate('cacheRequests', { by });
  const asked = rate('cacheRequests', { by, where: { cache_result: { noneOf: ['bypass'] } } });
  const share = (where: Parameters<typeof rate<'cacheRequests'>>[1]) =>
    `${orZero(rate('cacheRequests', { ...where, by }), all)} / (${all} > 0)`;
  const answered = (result: string, tier?: string) =>
    share({ where: { cache_result: result, ...(tier !== undefined && { cache_tier: tier }) } });
  const hitResults = { cache_result: { anyOf: ['hit', 'stale_hit'] } } as const;
  const hits = rate('cacheRequests', { by, where: hitResults });
  const memoryHits = rate('cacheRequests', { by, where: { ...hitResults, cache_tier: 'memory' } });
  const redisHits = rate('cacheRequests', { by, where: { ...hitResults, cache_tier: 'redis' } });
  const loadedKeys = rate('cacheLoadedKeys', { by });
  const loadSeconds = promql.observedSum('cacheLoadDuration', { by });
  const loadCalls = promql.observations('cacheLoadDuration', { by });
  const bypasses = rate('cacheRequests', { by, where: { cache_result: 'bypass' } });
  const queries = promql.observations('storageDuration', {
    by: ['candidate'],
    where: { db_operation_name: { noneOf: [pingName] } },
  });
  const requests = promql.observations('requestDuration', { by: ['candidate'] });
  return {
    /** Reads that did not wait for storage, of those that asked the cache. */
    hitRatio: `${orZero(hits, asked)} / (${asked} > 0)`,
    /** The same of each layer by itself: of the reads that came to it. Nothing where there is no such tier. */
    hitRatioOf: {
      memory: `${memoryHits} / (${asked} > 0)`,
      redis: `${redisHits} / (${asked} - ${orZero(memoryHits, asked)} > 0)`,
    },
    answers: {
      ...(Object.fromEntries(tierParts.map((tier) => [tier, answered('hit', tier)])) as Record<
        (typeof tierParts)[number],
        string
      >),
      stale: answered('stale_hit'),
      joined: answered('coalesced'),
      load: answered('miss'),
      bypass: answered('bypass'),
    } satisfies Readonly<Record<Part, string>>,
    /**
     * Reads that storage did not see, of all reads: a bypass goes there, and each key of a load does, whoever it is for. Below 0,
     * refreshes and writes load more than the hits keep away.
     */
    originOffload: `1 - (${orZero(loadedKeys, all)} + ${orZero(bypasses, all)}) / (${all} > 0)`,
    /** Seconds of loads per second that the hits made unnecessary: keys that were hit, times what a key of a load takes. */
    savedSeconds: `${hits} * ${loadSeconds} / (${loadedKeys} > 0)`,
    /** Load calls per read that missed. Near 1 without batching; far above it, loads are made that nobody waits for. */
    loadAmplification: `${loadCalls} / (${rate('cacheRequests', { by, where: { cache_result: 'miss' } })} > 0)`,
    staleShare: answered('stale_hit'),
    queriesPerRequest: perRequest(orZero(queries, requests), requests),
  };
}

/** Below this a figure per request says what an idle process does, divided by next to nothing. */
const requestsPerSecondMin = 1;

/** What a request costs; a gap where hardly anybody asks, as before and after the block of a candidate. */
export function perRequest(part: string, requests: string): string {
  return `${part} / (${requests} > ${requestsPerSecondMin})`;
}

/** Commands that Redis got: a refused one was not sent and took no time, and bytes that do not decode are found afterwards. */
export const sentToRedis = {
  cache_tier: 'redis',
  cache_operation: { noneOf: ['decode', 'encode'] },
  cache_result: { noneOf: ['refused'] },
} as const;

/**
 * `part`, or 0 for each series that `whole` has and `part` has not, so that what has not happened yet is no
 * gap.
 */
export function orZero(part: string, whole: string): string {
  return `(${part} or 0 * ${whole})`;
}
