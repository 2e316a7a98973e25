import type { Clock } from '../../../app/clock.ts';
import type { RunSettings } from '../../../loadtests/workloads/run-settings.ts';
import type { Counts } from '../../figures/counts.ts';
import type { CpuUs } from '../../figures/figure-values.ts';
import { missingAsDropped } from '../../k6/run-k6.ts';
import type { K6Run } from '../../k6/run-k6.ts';
import { readMachine } from '../../stack/cpu-accounting.ts';
import type { MachineReading } from '../../stack/cpu-accounting.ts';
import { clockDisagreementMs, difference, machineBetween } from '../../stack/machine-between.ts';
import { cpuUsByKindBetween, splitService } from '../../worlds/cpu-by-kind.ts';
import type { CpuUsByKind } from '../../worlds/cpu-by-kind.ts';
import { subtractCounters } from '../../worlds/service-counters.ts';
import type { ServiceCounters } from '../../worlds/service-counters.ts';
import { cacheReadsIn, tierCommandsIn } from '../../worlds/cache-counts.ts';
import { countersBetween } from '../../worlds/world.ts';
import type { World } from '../../worlds/world.ts';
import { isOverload, judgeBlock } from '../guards.ts';
import type { BlockObservation } from '../observations.ts';
import { quantileMs } from '../../statistics/histograms.ts';
import { findingsOf } from '../query-figures.ts';
import type { DatabaseReader } from '../query-figures.ts';
import type { BlockRecord, BlockStatus, GuardFinding } from '../records.ts';
import { judgeSteadiness } from './steadiness.ts';

/** Which block it is: the world, the pass that names its requests, and its place in the experiment. */
export type BlockInput = {
  readonly world: World;
  readonly pass: number;
  readonly round: number;
  readonly attempt: number;
  readonly slot: number;
};

/** What blocks are run with. */
export type BlockRunner = {
  readonly postgresCpuUs: () => number | null;
  /** Null: no figure asks a database. */
  readonly askDatabase: DatabaseReader | null;
  readonly clock: Clock;
  readonly wallClock: () => Date;
  readonly runK6: (settings: RunSettings) => Promise<K6Run>;
  readonly settings: RunSettings;
  /** The rate may be more than the world carries: that it does not is a result. */
  readonly isBeyondLimit: boolean;
};

/** Counters of everything that works for a block, read at one of its edges. */
type Edge = {
  readonly atMs: number;
  readonly wallMs: number;
  readonly counters: readonly (ServiceCounters | null)[];
  readonly postgresCpuUs: number | null;
  readonly redisCpuUs: number | null;
  readonly cpuUsByKind: CpuUsByKind;
  readonly ownCpuUs: number;
  readonly machine: MachineReading;
};

async function readEdge(runner: BlockRunner, world: World): Promise<Edge> {
  const own = process.cpuUsage();
  return {
    counters: await world.readCounters(),
    atMs: runner.clock.now(),
    wallMs: runner.wallClock().getTime(),
    postgresCpuUs: runner.postgresCpuUs(),
    redisCpuUs: world.redis?.cpuUs() ?? null,
    cpuUsByKind: world.cpuUsByKind(),
    ownCpuUs: own.user + own.system,
    machine: readMachine(),
  };
}

/** Runs one block: the world's clock runs, k6 asks, counters are read at both edges, the guards judge. */
export async function runBlock(runner: BlockRunner, input: BlockInput): Promise<BlockRecord> {
  const { world } = input;
  const startedAt = runner.wallClock().toISOString();
  await world.resumeClock();
  const before = await readEdge(runner, world);
  const sent = await runner.runK6(runner.settings);
  const run = runner.isBeyondLimit ? missingAsDropped(sent) : sent;
  const after = await readEdge(runner, world);
  if (world.lostProcesses().length === 0) await world.stopClock();
  const queried = (await runner.askDatabase?.(world.database)) ?? { values: {}, failures: [] };

  const read = countersBetween(before.counters, after.counters, subtractCounters);
  const counts = read?.isCounted === true ? read.counts : null;
  const cpuUs = cpuBetween(world, before, after, read, run);
  const unsteady = judgeSteadiness(run.seconds);
  const judged = judgeBlock(observe({ world, before, after, counts, cpuUs, run }));
  const findings = [...judged, ...(unsteady === null ? [] : [unsteady]), ...findingsOf(queried)];
  return {
    round: input.round,
    attempt: input.attempt,
    slot: input.slot,
    candidate: world.label,
    status: statusOf(runner, input, findings),
    findings,
    offered: run.offered,
    started: run.started,
    dropped: run.dropped,
    requests: run.requests,
    errors: run.errors,
    pastEdge: run.pastEdge,
    responseTimeUs: run.driverFailure === null ? run.responseTimeUs : null,
    operationTimesUs: run.operationTimesUs,
    meanUs: run.driverFailure === null ? run.meanUs : null,
    paired: run.driverFailure === null ? run.paired : null,
    counts,
    countedSeconds: (after.atMs - before.atMs) / 1000,
    queried: queried.values,
    cpuUs,
    startedAt,
    measured: run.measured,
  };
}

function statusOf(
  { isBeyondLimit }: BlockRunner,
  { round }: BlockInput,
  findings: readonly GuardFinding[],
): BlockStatus {
  if (round === 0) return 'shakedown';
  if (isBeyondLimit && isOverload(findings)) return 'overloaded';
  if (findings.some(({ kind }) => kind === 'hard')) return 'invalid';
  return findings.some(({ guard }) => guard === 'unsteady') ? 'unsteady' : 'valid';
}

function cpuBetween(
  world: World,
  before: Edge,
  after: Edge,
  counters: ServiceCounters | null,
  run: K6Run,
): CpuUs {
  return {
    ...splitService(cpuUsByKindBetween(after.cpuUsByKind, before.cpuUsByKind)).further,
    service: counters?.cpuUs ?? null,
    postgres: difference(after.postgresCpuUs, before.postgresCpuUs),
    redis: world.redis === null ? 0 : difference(after.redisCpuUs, before.redisCpuUs),
    driver: run.cpuUs,
  };
}

type Observed = {
  readonly world: World;
  readonly before: Edge;
  readonly after: Edge;
  readonly counts: Counts | null;
  readonly cpuUs: CpuUs;
  readonly run: K6Run;
};

function observe({ world, before, after, counts, cpuUs, run }: Observed): BlockObservation {
  const wallUs = (after.atMs - before.atMs) * 1000;
  const own = [...Object.values(cpuUs), after.ownCpuUs - before.ownCpuUs];
  const machine = machineBetween(before.machine, after.machine, own);
  return {
    driverFailure: run.driverFailure,
    lostProcesses: world.lostProcesses(),
    offered: run.offered,
    started: run.started,
    dropped: run.dropped,
    requests: run.requests,
    errors: run.errors,
    pastEdge: run.pastEdge,
    peakBusyVus: run.peakBusyVus,
    configuredVus: run.configuredVus,
    latenessP99Ms: run.latenessMs.p99,
    p99Ms: quantileMs(run.responseTimeUs, 0.99),
    driverCpuShare: run.cpuUs === null ? null : run.cpuUs / (wallUs * after.machine.cores),
    foreignCpuShare: machine.foreignCpuShare,
    stealShare: machine.stealShare,
    cpuPressurePct: machine.cpuPressurePct,
    throttledPeriods: machine.throttledPeriods,
    clockDisagreementMs: clockDisagreementMs(before, after),
    cache: counts === null ? null : cacheReadsIn(counts),
    tier: counts === null ? null : tierCommandsIn(counts),
    // Requests are counted from the settling on.
    unaccounted: null,
    isAccountMissing: false,
    settledLateMs: 0,
    planned: 0,
  };
}
