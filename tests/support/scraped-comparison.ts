import { blocksOf, roundRecordOf } from '../../cli/experiment/together/blocks-of-round.ts';
import type { MeasuredRound } from '../../cli/experiment/together/blocks-of-round.ts';
import type { Edge } from '../../cli/experiment/together/readings.ts';
import type { Experiment } from '../../cli/experiment/experiment.ts';
import { inventPlan, inventResult, inventTimes } from './invented-experiment.ts';
import type { CompareResult } from '../../cli/report/compare-result.ts';
import { createHistogram } from '../../cli/statistics/histograms.ts';
import { parseServiceCounters } from '../../cli/worlds/service-counters.ts';
import { randomAt } from '../../loadtests/workloads/counter-random.ts';

/** What one replica of a candidate does in a round: response time, and what its counters grow by. */
type Doing = {
  readonly medianMs: number;
  readonly counters: Readonly<Record<string, number>>;
  readonly cpuUs: { readonly service: number; readonly postgres: number; readonly redis: number };
};

const reads = (tier: string, result: string): string =>
  `cache_requests_total{cache_name="photo",cache_strategy="any",cache_tier="${tier}",cache_result="${result}"}`;
const command = (operation: string, result: string): string =>
  `cache_operation_duration_seconds_count{cache_name="photo",cache_tier="redis",cache_operation="${operation}",cache_result="${result}"}`;
const queued = (outcome: string): string => `cache_queued_writes_total{outcome="${outcome}"}`;
const invalidations = (outcome: string): string =>
  `cache_invalidations_total{cache_name="photo",outcome="${outcome}"}`;

const askedSeries = 'cache_reads_total{cache_name="photo",cache_strategy="any"}';
const queries =
  'db_client_operation_duration_seconds_count{db_system_name="postgresql",db_operation_name="a"}';
const loadCalls = 'cache_load_duration_seconds_count{cache_name="photo",outcome="ok"}';
const evictedFor = (reason: string): string =>
  `cache_evictions_total{cache_name="photo",cache_tier="memory",reason="${reason}"}`;

const uncached: Doing = {
  medianMs: 4,
  counters: { [reads('none', 'bypass')]: 700, [queries]: 980 },
  cpuUs: { service: 900_000, postgres: 610_000, redis: 0 },
};

/** Each of these does something that the others do not. */
const doings: Readonly<Record<string, Doing>> = {
  'no-cache': uncached,
  'cache-aside': {
    medianMs: 2,
    counters: {
      [reads('memory', 'hit')]: 560,
      [reads('redis', 'hit')]: 41,
      [reads('none', 'miss')]: 96,
      [reads('none', 'coalesced')]: 3,
      [queries]: 210,
      [loadCalls]: 88,
      [invalidations('sent')]: 31,
      [invalidations('received')]: 30,
      [command('get', 'hit')]: 41,
      [command('get', 'miss')]: 96,
      [command('set', 'ok')]: 96,
      [command('delete', 'ok')]: 31,
      [evictedFor('ttl')]: 12,
    },
    cpuUs: { service: 620_000, postgres: 140_000, redis: 22_000 },
  },
  'stale-while-revalidate': {
    medianMs: 1.7,
    counters: {
      [reads('memory', 'hit')]: 580,
      [reads('memory', 'stale_hit')]: 21,
      [reads('redis', 'hit')]: 33,
      [reads('redis', 'stale_hit')]: 6,
      [reads('none', 'miss')]: 60,
      [queries]: 205,
      [loadCalls]: 84,
      'cache_refreshes_total{cache_name="photo",outcome="started"}': 27,
      [invalidations('sent')]: 31,
      [invalidations('received')]: 29,
      [command('mget', 'hit')]: 40,
      [command('mget', 'error')]: 2,
      [command('set', 'ok')]: 87,
      [evictedFor('size')]: 9,
    },
    cpuUs: { service: 600_000, postgres: 133_000, redis: 21_000 },
  },
  'write-behind': {
    medianMs: 2.4,
    counters: {
      [reads('redis', 'hit')]: 610,
      [reads('none', 'miss')]: 90,
      [queries]: 180,
      [loadCalls]: 80,
      [queued('appended')]: 30,
      [queued('unavailable')]: 1,
      [queued('full')]: 4,
      [command('get', 'hit')]: 610,
      [command('set', 'refused')]: 1,
      [command('set', 'ok')]: 120,
      'cache_fills_rejected_total{cache_name="photo",cache_tier="redis"}': 2,
      'cache_leases_total{cache_name="photo",outcome="waited"}': 5,
      [invalidations('failed')]: 1,
    },
    cpuUs: { service: 700_000, postgres: 120_000, redis: 61_000 },
  },
};
const labels = [...Object.keys(doings), 'no-cache′'];
const replicas = 2;
const rounds = 8;
const doingOf = (label: string): Doing => doings[label] ?? uncached;

/** What a replica exposes after so many rounds: each has grown each counter by a little more or less than the one before. */
function expositionOf(label: string, replica: number, after: number): string {
  const own = labels.indexOf(label) * replicas + replica;
  const served = 'http_server_request_duration_seconds_count{http_request_method="GET",http_route="/"}';
  const growing = { [served]: 450, ...doingOf(label).counters };
  const totals = Object.entries(growing).map(([series, perRound], index) => {
    const grown = Array.from({ length: after }, (_, round) =>
      Math.round(perRound * (0.97 + 0.06 * randomAt(own, round, 1, index))),
    );
    return [series, grown.reduce((sum, value) => sum + value, 1_000)] as const;
  });
  // Whatever was asked was answered.
  const answered = totals.filter(([series]) => series.startsWith('cache_requests_total'));
  const asked = answered.reduce((sum, [, value]) => sum + value, 0);
  const lines = [...totals, [askedSeries, asked], ['process_cpu_seconds_total', after + own]];
  return `${lines.map((line) => line.join(' ')).join('\n')}\n# EOF\n`;
}

function edgeAfter(after: number): Edge {
  const atMs = after * 13_000;
  const cpu = {
    atMs,
    wallMs: atMs,
    worlds: labels.map((label, world) => {
      const { service, postgres, redis } = doingOf(label).cpuUs;
      const noise = 1 + 0.02 * randomAt(9, world, 1, after);
      const stores = { postgres: after * postgres * noise, redis: after * redis };
      return { service: after * service * noise, ...stores, further: {} };
    }),
    sharedPostgres: after * 40_000,
    own: after * 100_000,
    driver: after * 3_600_000,
    machine: {
      ...{ cores: 2, totalUs: after * 24e6, idleUs: after * 9e6, stealUs: 0 },
      ...{ cpuPressurePct: 20, throttledPeriods: 0 },
    },
  };
  const counters = labels.map((label) =>
    Array.from({ length: replicas }, (_, replica) =>
      parseServiceCounters(expositionOf(label, replica, after)),
    ),
  );
  return { closing: cpu, opening: cpu, counters, queried: [], isDrained: true };
}

function measuredRound(round: number): MeasuredRound {
  const worlds = labels.map((label, world) => {
    const noise = 1 + 0.04 * (randomAt(5, round, 1, world) - 0.5);
    const times = inventTimes(doingOf(label).medianMs * 1_000 * noise, round);
    return {
      ...times,
      responseTimeUs: times.responseTimeUs ?? createHistogram(),
      ...{ requests: 900, errors: 0, pastEdge: 0, seconds: [], measured: { fromMs: 1_000, toMs: 13_000 } },
    };
  });
  return {
    ...{ round, part: 1, before: edgeAfter(round - 1), after: edgeAfter(round) },
    timings: {
      ...{ worlds, offered: 4_500, started: 4_500, dropped: 0, peakBusyVus: null },
      latenessMs: { p50: 1.4, p90: 2.3, p99: 9 },
      ...{ openedConnections: 360, openingConnectionsMs: 90 },
    },
    idle: labels.map(() => ({ service: 17_000, postgres: 300, redis: 200, further: {} })),
    worlds: labels.map((label) => ({ label, lostProcesses: [] })),
    startedAt: '2026-01-01T00:00:00.000Z',
    settledLateMs: 0,
    planned: 900,
  };
}

/** A comparison made of what the service exposes, so that all is in it that happens between a scrape and a table. */
export function scrapedComparison(): CompareResult {
  const measured = Array.from({ length: rounds }, (_, index) => measuredRound(index + 1));
  const experiment: Experiment = {
    blocks: measured.flatMap(blocksOf),
    rounds: measured.map(roundRecordOf),
    warmUpCurves: [],
    idleCpu: labels.map((candidate) => ({
      ...{ candidate, part: 1, service: 17_000, postgres: 300, redis: 200 },
    })),
    order: measured.map(() => labels),
    sent: [],
    driverFailure: null,
    ...{ parts: 1, ended: 'complete', stoppedBecause: 'precision' },
  };
  return inventResult(inventPlan('together', Object.keys(doings)), experiment);
}
