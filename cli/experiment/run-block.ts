import type { Clock } from '../../app/clock.ts';
import type { RunSettings } from '../../loadtests/workloads/run-settings.ts';
import type { K6Run } from '../k6/run-k6.ts';
import type { PostgresServer } from '../stack/postgres-server.ts';
import { readMachine } from '../stack/cpu-accounting.ts';
import type { MachineReading } from '../stack/cpu-accounting.ts';
import { CommandError } from '../errors.ts';
import { subtractCounters } from '../worlds/service-counters.ts';
import type { ServiceCounters } from '../worlds/service-counters.ts';
import { countersBetween } from '../worlds/world.ts';
import type { World } from '../worlds/world.ts';
import { judgeBlock } from './guards.ts';
import type { BlockObservation } from './guards.ts';
import { quantileMs } from '../statistics/histograms.ts';
import type { BlockRecord, BlockStatus, CpuUs, GuardFinding } from './records.ts';
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
  readonly postgres: PostgresServer;
  readonly clock: Clock;
  readonly wallClock: () => Date;
  readonly runK6: (settings: RunSettings) => Promise<K6Run>;
  readonly settingsOf: (input: BlockInput) => RunSettings;
};

/** Counters of everything that works for a block, read at one of its edges. */
type Edge = {
  readonly atMs: number;
  readonly wallMs: number;
  readonly counters: readonly (ServiceCounters | null)[];
  readonly postgresCpuUs: number | null;
  readonly redisCpuUs: number | null;
  readonly ownCpuUs: number;
  readonly machine: MachineReading;
};

async function readEdge(runner: BlockRunner, world: World): Promise<Edge> {
  const own = process.cpuUsage();
  return {
    counters: await world.readCounters(),
    atMs: runner.clock.now(),
    wallMs: runner.wallClock().getTime(),
    postgresCpuUs: runner.postgres.cpuUs(),
    redisCpuUs: world.redis?.cpuUs() ?? null,
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
  const run = await runner.runK6(runner.settingsOf(input));
  const after = await readEdge(runner, world);
  assertStoresAlive(runner.postgres, world);
  if (world.lostReplicas().length === 0) await world.stopClock();

  const read = countersBetween(before.counters, after.counters, subtractCounters);
  const counters = read?.isCounted === true ? read : null;
  const cpuUs = cpuBetween(world, before, after, read, run);
  const unsteady = judgeSteadiness(run.seconds, runner.settingsOf(input).settleSeconds);
  const judged = judgeBlock(observe({ world, before, after, counters, cpuUs, run }));
  const findings = unsteady === null ? judged : [...judged, unsteady];
  return {
    round: input.round,
    attempt: input.attempt,
    slot: input.slot,
    candidate: world.label,
    status: statusOf(input, findings),
    findings,
    offered: run.offered,
    started: run.started,
    dropped: run.dropped,
    requests: run.requests,
    errors: run.errors,
    responseTimeUs: run.driverFailure === null ? run.responseTimeUs : null,
    servedRequests: counters?.requests ?? null,
    cache: counters?.cache ?? null,
    cacheWork: counters?.cacheWork ?? null,
    storageQueries: counters?.storageQueries ?? null,
    cpuUs,
    expiredEntries: counters?.expiredEntries ?? null,
    evictedEntries: counters?.evictedEntries ?? null,
    startedAt,
    measured: run.measured,
  };
}

function statusOf(input: BlockInput, findings: readonly GuardFinding[]): BlockStatus {
  if (input.round === 0) return 'shakedown';
  if (findings.some(({ kind }) => kind === 'hard')) return 'invalid';
  return findings.some(({ guard }) => guard === 'unsteady') ? 'unsteady' : 'valid';
}

/** A dead store cannot be measured around: the experiment ends with what it has. */
function assertStoresAlive(postgres: PostgresServer, world: World): void {
  for (const [name, server] of [
    ['PostgreSQL', postgres],
    ['Redis', world.redis],
  ] as const) {
    if (server !== null && !server.isAlive()) {
      throw new CommandError('serviceFailed', `${name} died while ${world.label} was under load`, {
        remedy: 'The finished rounds are kept. Look into the log, then run again.',
        ...(server.logFile === null ? {} : { logFile: server.logFile }),
      });
    }
  }
}

function difference(after: number | null, before: number | null): number | null {
  return after === null || before === null ? null : after - before;
}

function cpuBetween(
  world: World,
  before: Edge,
  after: Edge,
  counters: ServiceCounters | null,
  run: K6Run,
): CpuUs {
  return {
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
  readonly counters: ServiceCounters | null;
  readonly cpuUs: CpuUs;
  readonly run: K6Run;
};

function observe({ world, before, after, counters, cpuUs, run }: Observed): BlockObservation {
  const wallUs = (after.atMs - before.atMs) * 1000;
  const { totalUs, idleUs, stealUs, cores } = machineBetween(before.machine, after.machine);
  const own = [cpuUs.service, cpuUs.postgres, cpuUs.redis, cpuUs.driver, after.ownCpuUs - before.ownCpuUs];
  const ownUs = own.some((part) => part === null)
    ? null
    : own.reduce<number>((sum, part) => sum + (part ?? 0), 0);
  const share = (part: number | null): number | null =>
    part === null || totalUs === null || totalUs <= 0 ? null : part / totalUs;
  const busyUs = totalUs === null || idleUs === null || stealUs === null ? null : totalUs - idleUs - stealUs;
  return {
    driverFailure: run.driverFailure,
    lostReplicas: world.lostReplicas(),
    offered: run.offered,
    started: run.started,
    dropped: run.dropped,
    requests: run.requests,
    errors: run.errors,
    peakBusyVus: run.peakBusyVus,
    configuredVus: run.configuredVus,
    schedulingLagMs: run.schedulingLagMs,
    p99Ms: quantileMs(run.responseTimeUs, 0.99),
    driverCpuShare: run.cpuUs === null ? null : run.cpuUs / (wallUs * cores),
    foreignCpuShare: busyUs === null || ownUs === null ? null : share(Math.max(0, busyUs - ownUs)),
    stealShare: share(stealUs),
    cpuPressurePct: after.machine.cpuPressurePct,
    throttledPeriods: difference(after.machine.throttledPeriods, before.machine.throttledPeriods),
    clockDisagreementMs: Math.abs(after.wallMs - before.wallMs - (after.atMs - before.atMs)),
    cache: counters?.cache ?? null,
  };
}

function machineBetween(before: MachineReading, after: MachineReading) {
  return {
    totalUs: difference(after.totalUs, before.totalUs),
    idleUs: difference(after.idleUs, before.idleUs),
    stealUs: difference(after.stealUs, before.stealUs),
    cores: after.cores,
  };
}
