import { scrapeJobs } from '../app/contract/metric-catalogue.ts';
import { givenUpStatus } from '../app/contract/service-metrics.ts';
import { cacheRatios, orZero } from './cache-ratios.ts';
import { createPromql } from './promql.ts';
import { parts } from './series-colours.ts';

/** One line of a chart: a query with one series per candidate. */
export type LiveSeries = {
  /** What the legend calls it. */
  readonly label: string;
  readonly expr: string;
};

/** One chart of the live page. */
export type LiveChart = {
  readonly id: string;
  /** A question, as on the dashboards. */
  readonly title: string;
  readonly unit: 'per-second' | 'seconds' | 'share' | 'ratio';
  /** What is seen there, and what to make of it. */
  readonly description: string;
  /** Shares of a whole, drawn one upon the other. */
  readonly isStacked?: boolean;
  readonly series: readonly LiveSeries[];
};

/** The window of its rates: short, since it shows a run as it happens; long enough to hold several scrapes. */
const window = '5s';
const promql = createPromql({ window });
const service = { job: scrapeJobs.service } as const;
const by = ['candidate'] as const;
const ratios = cacheRatios(promql);
const requests = promql.observations('requestDuration', { by });
const answered = promql.observations('requestDuration', {
  by,
  where: { http_response_status_code: { noneOf: [String(givenUpStatus)] } },
});
const failed = promql.rate('requests', { by, where: { outcome: 'failed' } });

/** What the live page shows, from top to bottom. */
export const liveCharts: readonly LiveChart[] = [
  {
    id: 'requests',
    title: 'How many requests are answered?',
    unit: 'per-second',
    description:
      'Offered is what the load asks for, whatever the answers do. Where answered stays below it, the service or the generator does not keep up. While an experiment warms up, each request waits for an answer, and both are one. The few more that are answered are those of the witness.',
    series: [
      { label: 'offered', expr: promql.rate('loadOffered', { by }) },
      { label: 'answered', expr: answered },
      { label: 'failed', expr: orZero(failed, requests) },
    ],
  },
  {
    id: 'latency',
    title: 'How long do requests take?',
    unit: 'seconds',
    description:
      'Inside the service. The client waits longer: from sending to the last byte, with the way there and back.',
    series: [
      { label: 'p50', expr: promql.quantile(0.5, 'requestDuration', { by }) },
      { label: 'p95', expr: promql.quantile(0.95, 'requestDuration', { by }) },
      { label: 'p99', expr: promql.quantile(0.99, 'requestDuration', { by }) },
      { label: 'client p99', expr: promql.quantile(0.99, 'loadResponseDuration', { by }) },
    ],
  },
  {
    id: 'answers',
    title: 'Who answers the reads?',
    unit: 'share',
    isStacked: true,
    description: 'Every read of the cache is answered by exactly one of these; together they are 100 %.',
    series: parts.map((part) => ({ label: part, expr: ratios.answers[part] })),
  },
  {
    id: 'hit-ratio',
    title: 'How many reads do not wait for storage?',
    unit: 'share',
    description:
      'Hit ratio: hits and stale hits, of the reads that asked the cache; a read that waited for the load of another is a miss. Hit ratio per layer: memory of all of them, redis of those that memory did not answer.',
    series: [
      { label: 'hit ratio', expr: ratios.hitRatio },
      { label: 'memory', expr: ratios.hitRatioOf.memory },
      { label: 'redis', expr: ratios.hitRatioOf.redis },
    ],
  },
  {
    id: 'queries-per-request',
    title: 'How many queries does a request cost?',
    unit: 'ratio',
    description: 'Queries to PostgreSQL over answered requests: what a cache is there to lower.',
    series: [{ label: 'queries per request', expr: ratios.queriesPerRequest }],
  },
  {
    id: 'storage',
    title: 'How much reaches the database?',
    unit: 'per-second',
    description:
      'Queries to PostgreSQL, and the loads of the cache among them. The rest are writes and checks.',
    series: [
      { label: 'queries', expr: promql.observations('storageDuration', { by }) },
      { label: 'loads', expr: promql.observations('cacheLoadDuration', { by }) },
    ],
  },
  {
    id: 'staleness',
    title: 'How late is a write seen?',
    unit: 'seconds',
    description:
      'A witness edits a photo every two seconds and reads it through both replicas. The lag of invalidations is how long their messages are on the way.',
    series: [
      {
        label: 'seen by the other replica, p95',
        expr: promql.quantile(0.95, 'visibilityLag', { by, where: { reader: 'other' }, window: '30s' }),
      },
      {
        label: 'invalidation p99',
        expr: promql.quantile(0.99, 'cacheInvalidationLag', { by, window: '15s' }),
      },
    ],
  },
  {
    id: 'stale-reads',
    title: 'Do reads miss what was just written?',
    unit: 'share',
    description:
      'Share of the reads of the witness that did not have the acknowledged edit: at once, and after a second.',
    series: (['0ms', '1s'] as const).map((horizon) => {
      const checks = promql.rate('consistencyChecks', { by, where: { horizon }, window: '30s' });
      const stale = promql.rate('consistencyChecks', {
        by,
        where: { horizon, outcome: 'stale' },
        window: '30s',
      });
      return {
        label: horizon === '0ms' ? 'at once' : 'after 1 s',
        expr: `${orZero(stale, checks)} / ${checks}`,
      };
    }),
  },
  {
    id: 'outbox',
    title: 'How late is what follows from actions?',
    unit: 'seconds',
    description:
      'From an action to the end of what its consumers made of it, behind the answer; and how long the oldest message has waited that is not done. Without an outbox both are 0.',
    series: [
      {
        label: 'done, p99',
        expr: orZero(promql.quantile(0.99, 'outboxLag', { by, window: '15s' }), requests),
      },
      { label: 'oldest that waits', expr: orZero(promql.max('outboxOldest', { by }), requests) },
    ],
  },
  {
    id: 'feeds',
    title: 'What is written into feeds?',
    unit: 'per-second',
    description:
      'Rows that posts write into the feeds of followers, those of the witness among them, and feeds that are filled since somebody reads them. Where feeds are gathered when they are read, both are 0.',
    series: [
      { label: 'rows', expr: orZero(promql.rate('feedFanOutRows', { by, window: '15s' }), requests) },
      { label: 'fills', expr: orZero(promql.rate('feedFills', { by, window: '15s' }), requests) },
    ],
  },
  {
    id: 'saturation',
    title: 'How busy is the service?',
    unit: 'share',
    description:
      'Share of the time in which the event loop is busy, and CPU: at 100 % of a core requests begin to queue.',
    series: [
      { label: 'event loop', expr: promql.max('eventLoopUtilization', { by, where: service }) },
      {
        label: 'CPU per replica',
        expr: `max by (candidate) (rate(${promql.counter('processCpu', service)}[${window}]))`,
      },
    ],
  },
  {
    id: 'tier-errors',
    title: 'Does the cache answer?',
    unit: 'per-second',
    description:
      'Commands to Redis that failed, or were not even sent, because it had failed too often before.',
    series: (['error', 'refused'] as const).map((result) => ({
      label: result === 'error' ? 'failed' : 'not sent',
      expr: orZero(promql.rate('cacheOperationFailures', { by, where: { cache_result: result } }), requests),
    })),
  },
];

/** The rounds of an experiment: a series for each, while it runs, whoever of the candidates is asked. */
export const liveRounds: string = promql.max('experimentBlock', { by: ['round'] });

/** What the last round of an experiment came to: a series for each figure of each candidate. */
export const liveFigures: string = promql.max('experimentFigure', { by: ['candidate', 'figure'] });

/** An event that is marked on all charts for as long as its series is there. */
export type LiveEventQuery = {
  readonly expr: string;
  readonly text: (labels: Readonly<Record<string, string>>) => string;
  /** Something does not answer: said at the top of the page for as long as it lasts. */
  readonly isOutage?: boolean;
};

export const liveEvents: readonly LiveEventQuery[] = [
  {
    expr: promql.max('alerts', { by: ['alertname', 'candidate'], where: { alertstate: 'firing' } }),
    text: ({ alertname = '', candidate }) =>
      candidate === undefined ? alertname : `${alertname} (${candidate})`,
  },
  {
    isOutage: true,
    expr: `${promql.value('up')} == 0`,
    text: ({ job = '', instance = '' }) =>
      `${job === instance ? job : `${job} ${instance}`} does not answer its scrape`,
  },
  {
    isOutage: true,
    expr: `${promql.value('redisUp')} == 0`,
    text: ({ candidate = '' }) => `Redis of ${candidate} is down`,
  },
  {
    isOutage: true,
    expr: `${promql.value('postgresUp')} == 0`,
    text: () => 'PostgreSQL is down',
  },
];
