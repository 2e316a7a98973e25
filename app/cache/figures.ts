import { counterOf, usualMargin } from '../contract/figure.ts';
import type { Counter, Figure } from '../contract/figure.ts';
import { fixed, percent } from '../contract/figure-text.ts';
import { serviceMetrics } from '../contract/service-metrics.ts';
import { workFigure } from '../contract/work-figure.ts';
import { tierKinds, tierNames, tiersInOrder } from './tiers/index.ts';
import type { TierDefinition } from './tiers/tier.ts';
import {
  commandCounters,
  evictionCounters,
  readCounters,
  storageQueryCounter,
  workCounters,
} from './cache-counters.ts';

/** The smallest change of a share that matters: a percentage point. */
const shareMargin = (): number => 0.01;

const hits = (tiers: readonly string[], results: readonly string[]): Counter =>
  counterOf(serviceMetrics.cacheRequests, { cache_tier: tiers, cache_result: results });

/** Of the reads that could have been hits, with those past the TTL. Reads past the cache could not; where there are no others, it is 0. */
const shareOfReads = {
  per: counterOf(serviceMetrics.cacheRequests, {
    cache_result: ['hit', 'stale_hit', 'miss', 'coalesced'],
  }),
  whenNone: 0,
  scale: 'points',
  margin: shareMargin,
  unit: 'of the reads that ask the cache, 0 to 1',
  table: 'costs',
} as const;

/** The share of one kind of tier, where the candidate has it. */
function tierHitRatio({ name, column, isShared }: TierDefinition): Figure {
  return {
    ...{ ...shareOfReads, name: `${name}HitRatio`, better: 'more', column: 'hit %', title: column },
    meaning: `reads that ${isShared ? 'the' : 'a'} ${name} tier answered`,
    from: hits([name], ['hit', 'stale_hit']),
    write: percent(0),
    appliesTo: ({ tiers }) => tiersInOrder(String(tiers)).some((tier) => tier === name),
  };
}

const hitRatios: readonly Figure[] = [
  ...Object.values(tierKinds).map(tierHitRatio),
  {
    ...{ ...shareOfReads, name: 'hitRatio', better: 'more', column: 'hit %', title: 'all' },
    meaning: 'reads that did not wait for storage; 0 where nothing is cached',
    from: hits(tierNames, ['hit', 'stale_hit']),
    write: percent(0),
    words: 'hit ratio',
  },
  {
    ...{ ...shareOfReads, name: 'staleHitRatio', better: 'less', title: 'stale hit %' },
    meaning: 'reads that were answered past the TTL of the entry; they are hits',
    from: hits(tierNames, ['stale_hit']),
    write: percent(1),
    shows: 'where-any',
  },
];

/** Of the commands to the Redis, by what they are for, the share that it refused or did not answer. */
function refusedShare(name: string, title: string, sent: Counter, refused: Counter): Figure {
  return {
    name,
    meaning: `share of the ${title === 'queue' ? 'writes to the queue' : `${title}s`} that Redis refused or did not answer`,
    unit: 'of those sent, 0 to 1',
    from: refused,
    per: sent,
    scale: 'points',
    better: 'less',
    margin: shareMargin,
    write: percent(1),
    title,
    table: 'costs',
    column: 'refused %',
    shows: title === 'queue' ? 'where-known' : 'where-any',
    lacking: '–',
  };
}

const { reads, refusedReads, writes, refusedWrites, queueWrites, refusedQueueWrites } = commandCounters;

const costs: readonly Figure[] = [
  refusedShare('refusedReadShare', 'read', reads, refusedReads),
  refusedShare('refusedWriteShare', 'write', writes, refusedWrites),
  refusedShare('refusedQueueShare', 'queue', queueWrites, refusedQueueWrites),
  {
    name: 'storageQueriesPerRequest',
    meaning: 'queries to PostgreSQL per request that the service answered',
    unit: 'per request',
    from: storageQueryCounter,
    per: 'request',
    scale: 'ratio',
    better: 'less',
    margin: () => usualMargin,
    write: fixed(2),
    title: 'q/req',
    table: 'costs',
    words: 'storage queries per request',
    isTold: true,
  },
];

const { invalidationsSent, invalidationsReceived, invalidationsFailed } = workCounters;

const workFigures = [
  workFigure('loads', 'loads', readCounters.loads, 'reads that were answered from storage'),
  workFigure('joinedLoads', 'joined', readCounters.joinedLoads, "reads that joined another's load"),
  workFigure('loadCalls', 'load calls', workCounters.loadCalls, workCounters.loadCalls.meaning),
  workFigure('refreshes', 'refreshes', workCounters.refreshes, 'loads behind an answer'),
  workFigure('rejectedFills', 'rejected', workCounters.rejectedFills, 'fills that something newer refused'),
  workFigure('leaseWaits', 'lease waits', workCounters.leaseWaits, "waits for another replica's load"),
  workFigure(
    'invalidationsSent',
    'sent',
    invalidationsSent,
    'invalidations told to the other replicas',
    'inv.',
  ),
  workFigure('invalidationsReceived', 'got', invalidationsReceived, 'invalidations heard of others', 'inv.'),
  workFigure(
    'invalidationsFailed',
    'inv. failed',
    invalidationsFailed,
    'invalidations that could not be told',
  ),
  workFigure('evictions', 'evicted', evictionCounters.evicted, 'entries that had to go from memory for room'),
];

/** In results these stand together. */
export const cacheWorkNames = workFigures.map(({ name }) => name);

/** What is measured of caches. */
export const cacheFigures: readonly Figure[] = [...hitRatios, ...costs, ...workFigures];
