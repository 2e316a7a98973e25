import type { Board } from '../board.ts';
import { by, byInstance, ofCandidate, ofInstance, ratios, ratiosByName, service } from '../board-scope.ts';
import { orZero, sentToRedis } from '../cache-ratios.ts';

const operation = (result: string) => ({ cache_operation: { anyOf: ['get', 'mget'] }, cache_result: result });
const meanLoad = service.mean('cacheLoadDuration', { by });
const loads = service.observations('cacheLoadDuration', { by });

export const cacheBoard: Board = {
  uid: 'darkroom-cache',
  title: 'Darkroom: cache strategy',
  description: 'Which part answers the reads, what it spares the database, and what it costs.',
  rows: [
    {
      title: 'What the caches are worth',
      panels: [
        {
          title: 'Who answers the reads?',
          description:
            'Every read is answered by exactly one of these; together they are 100 %. Loads are what a cache is there to avoid.',
          unit: 'percentunit',
          kind: 'stack',
          columns: 24,
          queries: Object.entries({
            memory: ratios.answers.memoryHit,
            redis: ratios.answers.redisHit,
            stale: ratios.answers.staleHit,
            joined: ratios.answers.joined,
            load: ratios.answers.load,
            bypass: ratios.answers.bypass,
          }).map(([name, expr]) => ({ expr, legend: `{{candidate}} ${name}` })),
        },
        {
          title: 'Which share of the reads does not wait for storage?',
          description:
            'Hits and stale hits of all reads that asked the cache. Compare it with what `darkroom compare` expects of ideal caches.',
          unit: 'percentunit',
          leadsTo: ['darkroom-compare'],
          queries: [{ expr: ratios.hitRatio, legend: ofCandidate }],
        },
        {
          title: 'Which tier finds what it is asked for?',
          description:
            'Hit ratio per layer: of memory, of all reads that asked the cache; of redis, of those that memory did not answer. A layer that finds little costs more than it is worth.',
          unit: 'percentunit',
          mayBeEmpty: 'no tier has answered',
          queries: Object.entries(ratios.hitRatioOf).map(([tier, expr]) => ({
            expr,
            legend: `{{candidate}} ${tier}`,
          })),
        },
        {
          title: 'What does each tier find?',
          description:
            'Hit ratio per layer and kind of entry. Feeds and lists live shorter than photos; a kind that is never found may as well not be cached.',
          unit: 'percentunit',
          mayBeEmpty: 'no tier has answered',
          queries: Object.entries(ratiosByName.hitRatioOf).map(([tier, expr]) => ({
            expr,
            legend: `{{candidate}} {{cache_name}} ${tier}`,
          })),
        },
        {
          title: 'What is kept away from the database?',
          description:
            'Reads that storage did not see, of all reads: 1 minus the keys that were loaded and the bypasses. Joined loads count here, and not in the hit ratio. Below 0, refreshes and writes load more than hits keep away.',
          unit: 'percentunit',
          queries: [{ expr: ratios.originOffload, legend: ofCandidate }],
        },
        {
          title: 'How many queries does a request make?',
          description:
            'Queries to PostgreSQL per request, reads and writes. no-cache shows what it is without.',
          unit: 'short',
          leadsTo: ['darkroom-stores'],
          queries: [{ expr: ratios.queriesPerRequest, legend: ofCandidate }],
        },
        {
          title: 'How many reads miss?',
          description:
            'Per second and kind of entry. The points lead to traces of requests with such reads, at whatever height.',
          unit: 'ops',
          mayBeEmpty: 'nothing has missed',
          queries: [
            {
              expr: service.rate('cacheRequests', {
                by: ['candidate', 'cache_name'],
                where: { cache_result: 'miss' },
              }),
              legend: '{{candidate}} {{cache_name}}',
              hasExemplars: true,
            },
          ],
        },
        {
          title: 'How many loads does a miss make?',
          description:
            'Load calls per read that missed. Below 1 where one call brings many keys; far above it, loads are made that nobody waits for.',
          unit: 'short',
          mayBeEmpty: 'nothing has missed',
          queries: [{ expr: ratios.loadAmplification, legend: ofCandidate }],
        },
        {
          title: 'How many reads are answered stale?',
          description:
            'Past the TTL of their entry, by intent: stale-while-revalidate and stale-if-error do. What a write made wrong is on the board Correctness.',
          unit: 'percentunit',
          leadsTo: ['darkroom-correctness'],
          queries: [{ expr: ratios.staleShare, legend: ofCandidate }],
        },
        {
          title: 'What does a miss cost?',
          description:
            'Mean time of a load call beside that of a look-up in redis that hits. Their difference is what such a look-up saves.',
          unit: 's',
          leadsTo: ['darkroom-stores'],
          queries: [
            { expr: meanLoad, legend: '{{candidate}} load' },
            {
              expr: service.mean('cacheOperationDuration', { by, where: operation('hit') }),
              legend: '{{candidate}} redis hit',
            },
          ],
        },
        {
          title: 'How much waiting do hits save?',
          description:
            'Seconds of loads per second that the hits made unnecessary: hits per second times the time of loads per key that they brought.',
          unit: 'short',
          mayBeEmpty: 'nothing has missed',
          queries: [{ expr: ratios.savedSeconds, legend: ofCandidate }],
        },
      ],
    },
    {
      title: 'Stampedes',
      panels: [
        {
          title: 'Are many loads under way at once?',
          description: 'In all replicas. A spike means that many readers found the same entries gone.',
          unit: 'short',
          queries: [{ expr: service.sum('cacheLoadsInFlight', { by }), legend: ofCandidate }],
        },
        {
          title: 'How long do loads take?',
          description:
            'p50 and p99. When they rise, loads pile up whatever the caches do: look at the back ends. The points lead to the traces of such loads.',
          unit: 's',
          leadsTo: ['darkroom-stores'],
          queries: [0.5, 0.99].map((q) => ({
            expr: service.quantile(q, 'cacheLoadDuration', { by }),
            legend: `{{candidate}} p${q * 100}`,
            hasExemplars: true,
          })),
        },
        {
          title: 'Do loads fail?',
          description:
            'Loads that storage answered with an error, per second. stale-if-error hides them from readers.',
          unit: 'ops',
          queries: [
            {
              expr: orZero(
                service.observations('cacheLoadDuration', { by, where: { outcome: 'error' } }),
                loads,
              ),
              legend: ofCandidate,
            },
          ],
        },
        {
          title: 'Who may load?',
          description:
            'Requests for the right to load a key, per second: granted, or waited for another replica. Only with protection=lease.',
          unit: 'ops',
          mayBeEmpty: 'no candidate has leases',
          queries: [
            {
              expr: service.rate('cacheLeases', { by: ['candidate', 'outcome'] }),
              legend: '{{candidate}} {{outcome}}',
            },
          ],
        },
        {
          title: 'How much is loaded behind answers?',
          description: 'Refreshes per second: loads that nobody waits for. Only where a strategy refreshes.',
          unit: 'ops',
          mayBeEmpty: 'no strategy refreshes',
          queries: [
            {
              expr: service.rate('cacheRefreshes', { by: ['candidate', 'outcome'] }),
              legend: '{{candidate}} {{outcome}}',
            },
          ],
        },
        {
          title: 'Are late fills turned away?',
          description:
            'Fills per second that found something newer in their place. Only strategies with a fence turn them away.',
          unit: 'ops',
          mayBeEmpty: 'nothing was overtaken',
          queries: [
            {
              expr: service.rate('cacheFillsRejected', { by: ['candidate', 'cache_tier'] }),
              legend: '{{candidate}} {{cache_tier}}',
            },
          ],
        },
      ],
    },
    {
      title: 'Tiers',
      panels: [
        {
          title: 'What has to go, and why?',
          description:
            'Entries per second that left memory: for room (size), past their time (ttl), or all at once (flush). Many for room: the memory is too small.',
          unit: 'ops',
          mayBeEmpty: 'nothing had to go',
          queries: [
            {
              expr: service.rate('cacheEvictions', { by: ['candidate', 'reason'] }),
              legend: '{{candidate}} {{reason}}',
            },
          ],
        },
        {
          title: 'How full is memory?',
          description:
            'Bytes of entries, of those that a replica may hold. Full is not bad; full with many evictions is.',
          unit: 'percentunit',
          leadsTo: ['darkroom-node'],
          queries: [
            {
              expr: `${service.sum('cacheSize', { by: byInstance })} / ${service.sum('cacheCapacity', { by: byInstance })}`,
              legend: ofInstance,
            },
          ],
        },
        {
          title: 'How many entries does memory hold?',
          description: 'In each replica. It falls to nothing when the replica no longer hears of the others.',
          unit: 'short',
          queries: [{ expr: service.sum('cacheEntries', { by: byInstance }), legend: ofInstance }],
        },
        {
          title: 'How long do operations of redis take?',
          description:
            'p99 of the commands that were sent, as the replicas see it, by operation. Compare it with the time inside Redis on the board Back ends.',
          unit: 's',
          columns: 12,
          leadsTo: ['darkroom-stores'],
          queries: [
            {
              expr: service.quantile(0.99, 'cacheOperationDuration', {
                by: ['candidate', 'cache_operation'],
                where: sentToRedis,
              }),
              legend: '{{candidate}} {{cache_operation}}',
            },
          ],
        },
        {
          title: 'Does the cache answer?',
          description:
            'Commands to Redis that failed, or were not sent because too many had failed before. Then reads go to storage.',
          unit: 'ops',
          columns: 12,
          mayBeEmpty: 'Redis has always answered',
          leadsTo: ['darkroom-stores'],
          queries: [
            {
              expr: service.observations('cacheOperationDuration', {
                by: ['candidate', 'cache_result'],
                where: { cache_result: { anyOf: ['error', 'refused'] } },
              }),
              legend: '{{candidate}} {{cache_result}}',
            },
          ],
        },
      ],
    },
  ],
};
