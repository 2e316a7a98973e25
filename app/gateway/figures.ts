import { fixed, milliseconds } from '../contract/figure-text.ts';
import { counterOf, usualMargin } from '../contract/figure.ts';
import type { CandidateValues, Counter, Figure } from '../contract/figure.ts';
import { gatewayMetrics } from '../contract/gateway-metrics.ts';
import { workFigure } from '../contract/work-figure.ts';

/** The beginning of a round, as whoever asks has set it: the time of the same server that noted what was seen. */
const roundFrom = `coalesce(nullif(current_setting('darkroom.round_from', true), '')::timestamptz, '-infinity')`;
const ofSightings = `FROM gateway_sightings WHERE noted_at > ${roundFrom}`;

const hasGateway = ({ gateway = 'off' }: CandidateValues): boolean => gateway !== 'off';
const synchronises = ({ gateway }: CandidateValues): boolean => gateway === 'consistent';

const syncDelay = gatewayMetrics.gatewaySyncDelay.name;
const queries = counterOf(gatewayMetrics.gatewayQueries);
const consistentQueries = counterOf(gatewayMetrics.gatewayQueries, { way: 'consistent' });
const keepAlives = counterOf(gatewayMetrics.gatewayKeepAlives);

/** A tenth of the time that a synchronisation takes, which is less than a millisecond. */
const syncMargin = (): number => Math.log(1.1);

const syncBase = {
  unit: 'ms',
  scale: 'ratio',
  better: 'less',
  margin: syncMargin,
  table: 'responses',
  column: 'synchronised after',
  lacking: '–',
  appliesTo: synchronises,
} as const;

const syncMean: Figure = {
  ...syncBase,
  unit: 's',
  name: 'syncDelaySecondsMean',
  meaning:
    'mean time that consistent queries waited until the replica was known to have all that the leader had',
  from: { counter: `${syncDelay}_sum` },
  per: { counter: `${syncDelay}_count` },
  write: (seconds) => milliseconds(seconds * 1_000),
  title: 'mean',
  words: 'mean wait for synchronisation',
};

function seenSync(name: string, title: string, aggregate: string, what: string): Figure {
  return {
    ...syncBase,
    name,
    meaning: `${what} wait for synchronisation of what the witness of a round read, twenty times a second`,
    from: { query: `SELECT ${aggregate} AS value ${ofSightings}` },
    per: null,
    write: milliseconds,
    title,
    words: `${what} wait for synchronisation`,
  };
}

function seen(name: string, column: string, title: string, meaning: string): Figure {
  return {
    name,
    meaning,
    unit: 'share',
    from: { query: `SELECT avg(${column}::integer)::double precision AS value ${ofSightings}` },
    per: null,
    scale: 'points',
    better: 'less',
    margin: () => 0.001,
    write: (share) => `${(share * 100).toFixed(1)} %`,
    title,
    table: 'responses',
    lacking: '–',
    appliesTo: hasGateway,
  };
}

function rate(name: string, title: string, meaning: string, from: Counter, own: Partial<Figure>): Figure {
  return {
    ...{ name, title, meaning, from, unit: '', per: null, scale: 'plain', better: 'less', table: 'costs' },
    margin: (other) => Math.max(0.5, other * 0.05),
    write: fixed(1),
    lacking: '–',
    ...own,
  };
}

function cpuPerQuery(kind: 'leader' | 'gateway', meaning: string): Figure {
  return {
    name: `${kind}CpuUsPerQuery`,
    meaning,
    unit: 'µs per query',
    from: { cpu: kind },
    per: queries,
    scale: 'ratio',
    better: 'less',
    margin: () => usualMargin,
    write: fixed(0),
    title: `${kind} µs/query`,
    table: 'costs',
    lacking: '–',
    appliesTo: hasGateway,
    words: `CPU of the ${kind} per query`,
  };
}

/** What is measured of the gateway. */
export const gatewayFigures: readonly Figure[] = [
  {
    name: 'p80',
    meaning: '80 % of the requests were answered within it',
    unit: 'ms',
    from: { driver: 'p80' },
    per: null,
    scale: 'ratio',
    better: 'less',
    margin: () => usualMargin,
    write: milliseconds,
    title: 'p80',
    table: 'responses',
    words: 'p80 response time',
  },
  syncMean,
  seenSync('syncDelayMsP99', 'p99', 'percentile_cont(0.99) WITHIN GROUP (ORDER BY sync_ms)', 'p99'),
  seenSync('syncDelayMsMax', 'max', 'max(sync_ms)', 'longest'),
  seen(
    'staleReads',
    'is_stale',
    'stale',
    'share of the reads of the witness that showed an older version than one that was acknowledged, through another gateway, before they were sent',
  ),
  seen(
    'nonMonotonicReads',
    'is_backward',
    'backward',
    'share of the reads of the witness that showed an older version than a read before them, through another gateway: a part of the stale ones, since it writes a newer version before each read',
  ),
  {
    name: 'failoverMs',
    meaning:
      'longest time from a refusal that the witness met to its next answer; none where it was not refused',
    unit: 'ms',
    from: {
      query: `SELECT max(lasted_ms) AS value FROM gateway_outages WHERE noted_at > ${roundFrom}`,
    },
    per: null,
    scale: 'ratio',
    better: 'less',
    margin: () => Math.log(1.1),
    write: milliseconds,
    title: 'refused for',
    table: 'responses',
    shows: 'where-known',
    lacking: '–',
    appliesTo: hasGateway,
    words: 'time of a failover',
  },
  rate(
    'keepAlivesPerSecond',
    'keep-alives/s',
    'keep-alives that gateways have sent to the leader, all together, per second',
    keepAlives,
    {
      per: 'second',
      unit: 'per second',
      appliesTo: ({ gateway = 'off' }) => gateway !== 'off' && gateway !== 'leader',
    },
  ),
  rate(
    'queriesPerKeepAlive',
    'queries/keep-alive',
    'consistent queries for each keep-alive: so many share one question to the leader',
    consistentQueries,
    { per: keepAlives, better: 'more', appliesTo: synchronises },
  ),
  cpuPerQuery('leader', 'CPU of the processes that may lead, by queries of metadata, whoever answered them'),
  cpuPerQuery('gateway', 'CPU of the gateways, by queries of metadata, whoever answered them'),
  workFigure(
    'gatewayRefusals',
    'refused',
    counterOf(gatewayMetrics.gatewayRefusals),
    'requests that a gateway refused for a moment: no leader, no synchronisation, no replica',
  ),
];
