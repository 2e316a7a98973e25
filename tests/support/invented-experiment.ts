import { randomAt } from '../../loadtests/workloads/counter-random.ts';
import {
  commandCounters,
  evictionCounters,
  readCounters,
  storageQueryCounter,
  workCounters,
} from '../../app/cache/cache-counters.ts';
import type { Counter } from '../../app/contract/figure.ts';
import type { Counts } from '../../cli/figures/counts.ts';
import { servedRequests } from '../../cli/figures/taken-counters.ts';
import { parseServiceCounters } from '../../cli/worlds/service-counters.ts';
import { planExperiment } from '../../cli/experiment/plan-experiment.ts';
import type { ExperimentPlan } from '../../cli/experiment/plan-experiment.ts';
import type { BlockRecord, GuardFinding, Pacing, RoundRecord } from '../../cli/experiment/records.ts';
import type { Experiment } from '../../cli/experiment/experiment.ts';
import { createHistogram, recordUs } from '../../cli/statistics/histograms.ts';
import type { CompareResult } from '../../cli/report/compare-result.ts';
import { unknownHitRatios } from '../../cli/report/measured-results.ts';
import { summarise } from '../../cli/report/summarise.ts';
import type { SummaryInput } from '../../cli/report/summarise.ts';

/** Experiments with invented figures, for the tests of what is made of them. */
const options = {
  scenario: 'feed-browsing',
  profile: 'demo',
  rate: 75,
  replicas: 2,
  telemetry: 'metrics' as const,
  seed: 1,
};

export function inventPlan(pacing: Pacing, given: readonly string[] = []): ExperimentPlan {
  return {
    ...planExperiment(given, { ...options, pacing }),
    primary: pacing === 'together' ? 'request' : 'p50',
    rounds: pacing === 'together' ? null : 7,
    measureSeconds: 12,
  };
}

function inventManifest(plan: ExperimentPlan, { order, parts, stoppedBecause }: Experiment) {
  return {
    ...{ seed: 1, workloadHash: 'sha256:0', scenario: plan.scenario, profile: plan.profile },
    ...{ rate: { perSecond: 75, source: 'default' }, pacing: plan.pacing, primary: plan.primary },
    isBeyondLimit: plan.isBeyondLimit,
    ...{ baseline: plan.baseline, rounds: plan.rounds ?? order.length, parts, stoppedBecause },
    ...{ precisionPct: plan.precisionPct, timeLimitSeconds: plan.timeLimitSeconds },
    ...{ replicas: 2, telemetry: 'metrics', order: order.map((round) => [...round]) },
    driver: { name: 'k6', version: 'v2.2.0' },
    versions: { darkroom: '0.1.0', node: 'v26.10.0', postgres: '18.4', redis: '7.0.15' },
    machine: { platform: 'linux-x64', kernel: '6', cpu: 'a', cores: 2, memoryBytes: 1, unavailable: [] },
    git: { commit: null, isDirty: null },
    ...{ people: plan.people, photos: plan.photos, followers: plan.followers, arrivals: 'poisson' },
    ...{ settleSeconds: 0.5, measureSeconds: plan.measureSeconds, warmUpSeconds: 40 },
    warmUpRequests: 4_000,
    startedAt: '2026-01-01T00:00:00.000Z',
  } as CompareResult['manifest'];
}

/** What a candidate is like. */
export type Shape = {
  readonly medianMs: number;
  readonly queries: number;
  /** Hits among a thousand reads; 0 for a candidate that caches nothing. */
  readonly memoryHits: number;
  /** How much its blocks differ from round to round, as a share. */
  readonly noise?: number;
};

const requestsPerBlock = 900;

type Times = Pick<BlockRecord, 'responseTimeUs' | 'operationTimesUs' | 'meanUs' | 'paired'>;

/** Making them takes longest, and nobody changes them. */
const madeTimes = new Map<string, Times>();

/** Response times around a median. The same requests for every candidate: what is hard for one is hard for all. */
export function inventTimes(medianUs: number, round: number): Times {
  const key = `${round} ${medianUs}`;
  const made = madeTimes.get(key);
  if (made !== undefined) return made;
  const responseTimeUs = createHistogram();
  let [sumUs, sumLogUs] = [0, 0];
  for (let index = 1; index <= requestsPerBlock; index += 1) {
    const us = medianUs * (0.5 + randomAt(7, round, 99, index));
    recordUs(responseTimeUs, us);
    sumUs += us;
    sumLogUs += Math.log(us);
  }
  const meanLogUs = sumLogUs / requestsPerBlock;
  const paired = { requests: requestsPerBlock - 2, leftOut: 2, meanLogUs };
  const times = { responseTimeUs, operationTimesUs: {}, meanUs: sumUs / requestsPerBlock, paired };
  madeTimes.set(key, times);
  return times;
}

type Invented<Counters> = Partial<Record<keyof Counters, number>>;

/** What a service has counted that answered a thousand requests, as it exposes it. */
export function inventCounts(own: {
  readonly queries?: number;
  readonly reads?: Invented<typeof readCounters>;
  readonly work?: Invented<typeof workCounters>;
  readonly commands?: Invented<typeof commandCounters>;
  readonly evictions?: Invented<typeof evictionCounters>;
}): Counts {
  const { queries = 0, reads = {}, work = {}, commands = {}, evictions = {} } = own;
  const { refusedReads = 0, refusedWrites = 0, refusedQueueWrites = 0 } = commands;
  const lines = [
    seriesOf(servedRequests, 1_000),
    seriesOf(storageQueryCounter, queries),
    ...seriesOfAll(readCounters, reads),
    ...seriesOfAll(workCounters, work),
    ...seriesOfAll(evictionCounters, evictions),
    // What was refused is among what was sent.
    ...seriesOfAll(commandCounters, {
      ...commands,
      reads: (commands.reads ?? 0) - refusedReads,
      writes: (commands.writes ?? 0) - refusedWrites,
      queueWrites: (commands.queueWrites ?? 0) - refusedQueueWrites,
    }),
    'process_cpu_seconds_total 1',
  ];
  return parseServiceCounters(lines.join('\n')).counts;
}

/** A series that is counted by this counter. */
function seriesOf({ counter, where = {} }: Counter, value: number): string {
  const labels = Object.entries(where).map(([name, values]) => `${name}="${[values].flat()[0]}"`);
  return `${counter}{${labels.join(',')}} ${value}`;
}

function seriesOfAll(
  counters: Readonly<Record<string, Counter>>,
  values: Readonly<Record<string, number>>,
): string[] {
  return Object.entries(counters).map(([name, counter]) => seriesOf(counter, values[name] ?? 0));
}

export function inventBlock(candidate: string, round: number, slot: number, shape: Shape): BlockRecord {
  const { medianMs, queries, memoryHits, noise = 0.02 } = shape;
  const medianUs = medianMs * 1_000 * (1 + noise * (randomAt(7, round, slot, 0) - 0.5));
  return {
    ...{ round, attempt: 1, slot, candidate, status: 'valid' as const, findings: [] },
    ...{ offered: 900, started: 900, dropped: null, requests: requestsPerBlock, errors: 0, pastEdge: 0 },
    ...inventTimes(medianUs, round),
    counts: inventCounts({
      queries: queries * 1_000,
      ...(memoryHits === 0
        ? { reads: { reads: 1000, bypasses: 1000 } }
        : {
            reads: { reads: 1000, memoryHits, redisHits: 50, loads: 950 - memoryHits },
            work: { loadCalls: 90, invalidationsSent: 15 },
            commands: { reads: 100, writes: 90 },
          }),
    }),
    ...{ countedSeconds: 13, queried: {} },
    cpuUs: { service: 1_000_000, postgres: queries * 500_000, redis: 10_000, driver: 900_000 },
    ...{ startedAt: '2026-01-01T00:00:00.000Z' },
    measured: { fromMs: 1_000, toMs: 13_000 },
  };
}

function inventRound(round: number, part = 1): RoundRecord {
  return {
    ...{ round, part, seconds: 12, offered: 3_600, started: 3_600, dropped: 0 },
    latenessMs: { p50: 1.4, p90: 2.3, p99: 9 },
    ...{ openedConnections: 360, openingConnectionsMs: 90, driverCpuUs: 3_600_000 },
    machine: {
      ...{ stealShare: 0, foreignCpuShare: 0.02, ownCpuShare: 0.6, cpuPressurePct: 20 },
      ...{ throttledPeriods: 0, clockDisagreementMs: 0, sharedPostgresCpuUs: 40_000 },
    },
  };
}

const none: Shape = { medianMs: 4, queries: 1.4, memoryHits: 0 };
const cached: Shape = { medianMs: 2, queries: 0.4, memoryHits: 850 };

/** Both caches halve the time of a request. */
export const usual: Readonly<Record<string, Shape>> = {
  'no-cache': none,
  'cache-aside': cached,
  versioned: cached,
  'no-cache′': none,
};

export type Changes = {
  readonly rounds?: number;
  readonly block?: (block: BlockRecord) => BlockRecord;
  readonly round?: (round: RoundRecord) => RoundRecord;
  readonly experiment?: Partial<Experiment>;
};

/** Candidates of these shapes, measured together. */
export function inventTogether(shapes: Readonly<Record<string, Shape>>, changes: Changes = {}): Experiment {
  const { rounds = 9, block = (own) => own, round = (own) => own } = changes;
  const numbers = Array.from({ length: rounds }, (_, index) => index + 1);
  return {
    blocks: numbers.flatMap((number) =>
      Object.entries(shapes).map(([label, shape], place) =>
        block({ ...inventBlock(label, number, place + 1, shape), slot: 0 }),
      ),
    ),
    rounds: numbers.map((number) => round(inventRound(number))),
    warmUpCurves: [],
    idleCpu: Object.keys(shapes).map((candidate) => ({
      ...{ candidate, part: 1, service: 17_000, postgres: 300, redis: null },
    })),
    order: numbers.map(() => Object.keys(shapes)),
    sent: [],
    driverFailure: null,
    ...{ parts: 1, ended: 'complete', stoppedBecause: 'precision', ...changes.experiment },
  };
}

/** The same in turns, in seven rounds. */
export function inventTurns(shapes: Readonly<Record<string, Shape>>, changes: Changes = {}): Experiment {
  const { block = (own: BlockRecord) => own } = changes;
  const together = inventTogether(shapes, { rounds: 7 });
  const slots = Object.keys(shapes);
  return {
    ...together,
    blocks: together.blocks.map((own) =>
      block({ ...own, slot: slots.indexOf(own.candidate) + 1, dropped: 0 }),
    ),
    ...{ rounds: [], idleCpu: [], stoppedBecause: 'rounds', ...changes.experiment },
  };
}

export function inventFinding(fault: GuardFinding['fault']): GuardFinding {
  return { guard: 'a-guard', kind: 'hard', fault, message: 'it went wrong' };
}

/** The result of an experiment with an invented manifest. */
export function inventResult(
  plan: ExperimentPlan,
  experiment: Experiment,
  more: Partial<SummaryInput> = {},
): CompareResult {
  return summarise({
    plan,
    experiment,
    manifest: inventManifest(plan, experiment),
    expectedHitRatios: new Map([
      ['cache-aside', { ...unknownHitRatios, memory: 0.85, redis: 0.06, all: 0.91 }],
    ]),
    allows: new Map([
      ['cache-aside', ['stale-fill', 'lost-invalidation']],
      ['versioned', ['failed-invalidation']],
    ]),
    ...{ livedSeconds: 84, requireVerdict: false, failure: null, slowTraces: [], ...more },
  });
}
