import type { Board, Panel } from '../board.ts';
import { titleOf } from '../board-names.ts';
import {
  by,
  byInstance,
  lately,
  leading,
  leadingRates,
  leadingTails,
  ofCandidate,
  ofInstance,
  overview,
  peakInView,
  rarely,
  ratios,
  service,
} from '../board-scope.ts';
import { cacheRatios, sentToRedis } from '../cache-ratios.ts';
import { gaugeShare } from '../gauge-share.ts';
import { parts } from '../series-colours.ts';

const byName = ['candidate', 'cache_name'] as const;
const byReason = ['candidate', 'reason'] as const;
const byOutcome = ['candidate', 'outcome'] as const;
const byOperation = ['candidate', 'cache_operation'] as const;
const redisHits = { cache_operation: { anyOf: ['get', 'mget'] }, cache_result: 'hit' };
const misses = { cache_result: 'miss' } as const;
const noTier = 'no tier has answered';
const foundByName = cacheRatios(overview, byName).hitRatioOf;
/** Loads are rare where caches are good: in a window of seconds there is often none. */
const latelyOfLoads = cacheRatios(lately, by);

/** How often something came to each of its outcomes; some of them are rare. */
function outcomesOf(key: 'cacheLeases' | 'cacheRefreshes'): Panel['queries'] {
  const expr = leadingRates(rarely, key, { by: byOutcome });
  return [{ expr, legend: '{{candidate}} {{outcome}}' }];
}

const worth: readonly Panel[] = [
  {
    title: 'Who answers the reads?',
    description:
      'Every read is answered by exactly one of these; together they are 100 %. Loads are what a cache is there to avoid.',
    unit: 'percentunit',
    kind: 'stack',
    isPerCandidate: true,
    queries: parts.map((part) => ({ expr: ratios.answers[part], legend: part })),
  },
  {
    title: 'Which share of reads are hits?',
    description:
      'Hits and stale hits of all reads that asked the cache: they do not wait for storage. Compare it with what `darkroom compare` expects of ideal caches.',
    unit: 'percentunit',
    leadsTo: ['darkroom-compare'],
    queries: [{ expr: ratios.hitRatio, legend: ofCandidate }],
  },
  {
    title: 'Which share does memory find?',
    description:
      'Hit ratio of memory, of all reads that asked the cache. A layer that finds little costs more than it is worth.',
    unit: 'percentunit',
    mayBeEmpty: noTier,
    queries: [{ expr: ratios.hitRatioOf.memory, legend: ofCandidate }],
  },
  {
    title: 'Which share does redis find?',
    description:
      'Hit ratio of redis, of the reads that memory did not answer. A layer that finds little costs more than it is worth.',
    unit: 'percentunit',
    mayBeEmpty: noTier,
    queries: [{ expr: ratios.hitRatioOf.redis, legend: ofCandidate }],
  },
  {
    title: 'What does each tier find, of each kind of entry?',
    description:
      'Hit ratios over the time in view, as above. Feeds and lists live shorter than photos; a kind that is never found may as well not be cached.',
    unit: 'string',
    kind: 'table',
    columns: 24,
    mayBeEmpty: noTier,
    table: [
      { of: 'candidate', title: 'Candidate' },
      { of: 'cache_name', title: 'Kind of entry' },
      { of: 0, title: 'Found by memory', unit: 'percentunit' },
      { of: 1, title: 'Found by redis', unit: 'percentunit' },
    ],
    queries: [
      { expr: foundByName.memory, legend: 'memory' },
      { expr: foundByName.redis, legend: 'redis' },
    ],
  },
];

const spared: readonly Panel[] = [
  {
    title: 'What is kept from the database?',
    description:
      'Reads that storage did not see, of all reads: 1 minus the keys that were loaded and the bypasses. Joined loads count here, and not in the hit ratio. Below 0, refreshes and writes load more than hits keep away.',
    unit: 'percentunit',
    queries: [{ expr: ratios.originOffload, legend: ofCandidate }],
  },
  {
    title: 'How many queries per request?',
    description: 'Queries to PostgreSQL per request, reads and writes. no-cache shows what it is without.',
    unit: 'short',
    leadsTo: ['darkroom-stores'],
    queries: [{ expr: ratios.queriesPerRequest, legend: ofCandidate }],
  },
  {
    title: 'How many reads miss?',
    description: 'Per second, of the kinds of entry that miss most in the time in view.',
    unit: 'ops',
    mayBeEmpty: 'nothing has missed',
    queries: [
      {
        expr: leadingRates(service, 'cacheRequests', { by: byName, where: misses }),
        legend: '{{candidate}} {{cache_name}}',
      },
    ],
  },
  {
    title: 'How many loads does a miss make?',
    description:
      'Load calls per read that missed. Below 1 where one call brings many keys; far above it, loads are made that nobody waits for. Over the window of rare events.',
    unit: 'short',
    mayBeEmpty: 'nothing has missed',
    queries: [{ expr: latelyOfLoads.loadAmplification, legend: ofCandidate }],
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
      'Mean time of a load call beside that of a look-up in redis that hits, over the window of rare events. Their difference is what such a look-up saves.',
    unit: 's',
    leadsTo: ['darkroom-stores'],
    queries: [
      { expr: lately.mean('cacheLoadDuration', { by }), legend: '{{candidate}} load' },
      {
        expr: lately.mean('cacheOperationDuration', { by, where: redisHits }),
        legend: '{{candidate}} redis hit',
      },
    ],
  },
  {
    title: 'How much waiting do hits save?',
    description:
      'Seconds of loads per second that the hits made unnecessary: hits per second times the time of loads per key that they brought, over the window of rare events.',
    unit: 'short',
    mayBeEmpty: 'nothing has missed',
    queries: [{ expr: latelyOfLoads.savedSeconds, legend: ofCandidate }],
  },
];

const stampedes: readonly Panel[] = [
  {
    title: 'Are many loads under way at once?',
    description: 'In all replicas. A spike means that many readers found the same entries gone.',
    unit: 'short',
    queries: [{ expr: service.sum('cacheLoadsInFlight', { by }), legend: ofCandidate }],
  },
  {
    title: 'How long do loads take (p99)?',
    description:
      'When it rises, loads pile up whatever the caches do: look at the back ends. The points lead to the traces of such loads.',
    unit: 's',
    leadsTo: ['darkroom-stores'],
    queries: [
      { expr: service.quantile(0.99, 'cacheLoadDuration', { by }), legend: ofCandidate, hasExemplars: true },
    ],
  },
  {
    title: 'Do loads fail?',
    description:
      'Loads that storage answered with an error, within the window of rare events. stale-if-error hides them from readers.',
    unit: 'short',
    badFrom: 1,
    queries: [{ expr: rarely.rate('cacheLoadFailures', { by }), legend: ofCandidate }],
  },
  {
    title: 'Who may load?',
    description:
      'Requests for the right to load a key, within the window of rare events: granted, or waited for another replica. Only with protection=lease.',
    unit: 'short',
    mayBeEmpty: 'no candidate has leases',
    queries: outcomesOf('cacheLeases'),
  },
  {
    title: 'How much is loaded behind answers?',
    description:
      'Refreshes within the window of rare events: loads that nobody waits for. Only where a strategy refreshes.',
    unit: 'short',
    mayBeEmpty: 'no strategy refreshes',
    queries: outcomesOf('cacheRefreshes'),
  },
  {
    title: 'Are late fills turned away?',
    description:
      'Fills that found something newer in their place, within the window of rare events. Only strategies with a fence turn them away.',
    unit: 'short',
    mayBeEmpty: 'nothing was overtaken',
    queries: [
      {
        expr: rarely.rate('cacheFillsRejected', { by: ['candidate', 'cache_tier'] }),
        legend: '{{candidate}} {{cache_tier}}',
      },
    ],
  },
];

const tiers: readonly Panel[] = [
  {
    title: 'What has to go, and why?',
    description:
      'Entries per second that left memory: for room (size), past their time (ttl), or all at once (flush). Many for room: the memory is too small.',
    unit: 'ops',
    mayBeEmpty: 'nothing had to go',
    queries: [
      {
        expr: leadingRates(service, 'cacheEvictions', { by: byReason }),
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
        expr: leading(
          peakInView(service, 'cacheSize', { by: byInstance }),
          byInstance,
          gaugeShare(service, 'cacheSize', 'cacheCapacity'),
        ),
        legend: ofInstance,
      },
    ],
  },
  {
    title: 'How many entries does memory hold?',
    description: 'In each replica. It falls to nothing when the replica no longer hears of the others.',
    unit: 'short',
    queries: [
      {
        expr: leading(
          peakInView(service, 'cacheEntries', { by: byInstance }),
          byInstance,
          service.sum('cacheEntries', { by: byInstance }),
        ),
        legend: ofInstance,
      },
    ],
  },
  {
    title: 'How long do operations of redis take (p99)?',
    description:
      'Of the commands that were sent, as the replicas see it, by operation: those that take most of the time in view. Compare it with the time inside Redis on the board Back ends.',
    unit: 's',
    columns: 12,
    leadsTo: ['darkroom-stores'],
    queries: [
      {
        expr: leadingTails('cacheOperationDuration', { by: byOperation, where: sentToRedis }),
        legend: '{{candidate}} {{cache_operation}}',
      },
    ],
  },
  {
    title: 'Does the cache answer?',
    description:
      'Commands to Redis, within the window of rare events, that failed (error), or were not sent because too many had failed before (refused), and how many replicas leave Redis alone for that reason (circuit open). Then reads go to storage.',
    unit: 'short',
    badFrom: 1,
    columns: 12,
    mayBeEmpty: 'no candidate has a tier in Redis',
    leadsTo: ['darkroom-stores'],
    queries: [
      {
        expr: rarely.rate('cacheOperationFailures', { by: ['candidate', 'cache_result'] }),
        legend: '{{candidate}} {{cache_result}}',
      },
      {
        expr: `sum by (candidate) (${service.value('cacheCircuitOpen')})`,
        legend: '{{candidate}} circuit open',
      },
    ],
  },
];

export const cacheBoard: Board = {
  uid: 'darkroom-cache',
  title: titleOf('darkroom-cache'),
  description: 'Which part answers the reads, what it spares the database, and what it costs.',
  rows: [
    { title: 'What the caches are worth', panels: [...worth, ...spared] },
    { title: 'Stampedes', panels: stampedes },
    { title: 'Tiers', panels: tiers },
  ],
};
