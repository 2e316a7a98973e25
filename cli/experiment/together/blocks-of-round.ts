import type { ViewerRequests } from '../../../loadtests/workloads/viewer-requests.ts';
import type { PassTimings, WorldTimings } from '../../k6/pass-timings.ts';
import { requestAccountOf, unaccountedIn } from '../../layers/request-account.ts';
import { clockDisagreementMs, difference, machineBetween } from '../../stack/machine-between.ts';
import { cpuUsByKindBetween, mapKinds } from '../../worlds/cpu-by-kind.ts';
import type { CpuUsByKind } from '../../worlds/cpu-by-kind.ts';
import { subtractCounters } from '../../worlds/service-counters.ts';
import type { ServiceCounters } from '../../worlds/service-counters.ts';
import type { ProcessName } from '../../worlds/world-process.ts';
import { countersBetween } from '../../worlds/world.ts';
import type { CpuUs } from '../../figures/figure-values.ts';
import { cacheReadsIn, tierCommandsIn } from '../../worlds/cache-counts.ts';
import { judgeWorld } from '../guards.ts';
import { findingsOf } from '../query-figures.ts';
import type { BlockRecord, IdleRate, RoundRecord } from '../records.ts';
import type { CpuReading, Edge } from './readings.ts';

/** A round of all worlds: what was read before and after it, and what the samples say. */
export type MeasuredRound = {
  readonly round: number;
  readonly part: number;
  readonly before: Edge;
  readonly after: Edge;
  readonly timings: PassTimings;
  readonly idle: readonly IdleRate[];
  readonly worlds: readonly { readonly label: string; readonly lostProcesses: readonly ProcessName[] }[];
  readonly startedAt: string;
  /** How far into the round the work reached that was to be done before it, in milliseconds. */
  readonly settledLateMs: number;
  /** Requests that each world was to be sent. */
  readonly planned: number;
  /** The same for all worlds. Absent: they have no browsers. */
  readonly viewers?: ViewerRequests;
};

export function roundRecordOf({ round, part, before, after, timings, worlds }: MeasuredRound): RoundRecord {
  const [from, to] = [before.opening, after.closing];
  const measured = timings.worlds.flatMap(({ measured: stretch }) => stretch ?? []);
  const parts = worlds.flatMap((_, world) => {
    const own = (part: 'service' | 'postgres' | 'redis') =>
      difference(to.worlds[world]?.[part] ?? null, from.worlds[world]?.[part] ?? null);
    return [own('service'), own('postgres'), own('redis'), ...Object.values(furtherBetween(from, to, world))];
  });
  const sharedPostgresCpuUs = difference(to.sharedPostgres, from.sharedPostgres);
  const driverCpuUs = difference(to.driver, from.driver);
  const own = [...parts, sharedPostgresCpuUs, driverCpuUs, to.own - from.own];
  return {
    round,
    part,
    seconds:
      measured.length === 0
        ? 0
        : (Math.max(...measured.map(({ toMs }) => toMs)) -
            Math.min(...measured.map(({ fromMs }) => fromMs))) /
          1000,
    offered: timings.offered,
    started: timings.started,
    dropped: timings.dropped,
    latenessMs: timings.latenessMs,
    openedConnections: timings.openedConnections,
    openingConnectionsMs: timings.openingConnectionsMs,
    driverCpuUs,
    machine: {
      ...machineBetween(from.machine, to.machine, own),
      clockDisagreementMs: clockDisagreementMs(from, to),
      sharedPostgresCpuUs,
    },
  };
}

/** CPU of the kinds of process beside a world's replicas. */
function furtherBetween(from: CpuReading, to: CpuReading, world: number): CpuUsByKind {
  return cpuUsByKindBetween(to.worlds[world]?.further ?? {}, from.worlds[world]?.further ?? {});
}

export function blocksOf(measured: MeasuredRound): BlockRecord[] {
  return measured.worlds.map((world, index) => blockOf(measured, world, index));
}

function blockOf(
  { round, before, after, timings, idle, worlds, startedAt, settledLateMs, planned, viewers }: MeasuredRound,
  { label, lostProcesses }: MeasuredRound['worlds'][number],
  world: number,
): BlockRecord {
  const read = countersBetween(before.counters[world] ?? [], after.counters[world] ?? [], subtractCounters);
  const counts = read?.isCounted === true ? read.counts : null;
  const met = timings.worlds[world] as WorldTimings;
  const offered = timings.offered / worlds.length;
  // Where something was under way when counters were read, it is not known yet who has answered it.
  const accounted = before.isDrained && after.isDrained ? counts : null;
  const account =
    accounted === null || viewers === undefined ? null : requestAccountOf(viewers, met.requests, accounted);
  const findings = judgeWorld({
    lostProcesses,
    requests: met.requests,
    errors: met.errors,
    pastEdge: met.pastEdge,
    cache: accounted === null ? null : cacheReadsIn(accounted),
    unaccounted: account === null ? null : unaccountedIn(account),
    isAccountMissing: viewers !== undefined && account === null,
    tier: counts === null ? null : tierCommandsIn(counts),
    settledLateMs,
    planned,
  });
  return {
    round,
    attempt: 1,
    slot: 0,
    candidate: label,
    status: findings.some(({ kind }) => kind === 'hard') ? 'invalid' : 'valid',
    findings: [...findings, ...findingsOf(after.queried[world])],
    offered: Math.round(offered),
    started: met.requests,
    dropped: null,
    requests: met.requests,
    errors: met.errors,
    pastEdge: met.pastEdge,
    responseTimeUs: met.responseTimeUs,
    operationTimesUs: met.operationTimesUs,
    meanUs: met.meanUs,
    paired: met.paired,
    counts,
    countedSeconds: (after.closing.atMs - before.closing.atMs) / 1000,
    queried: after.queried[world]?.values ?? {},
    cpuUs: cpuOf(before.opening, after.closing, { world, worlds: worlds.length, idle: idle[world], read }),
    startedAt,
    ...(viewers !== undefined && { viewers, account, redisBytes: after.redisBytes?.[world] ?? null }),
    measured: met.measured,
  };
}

/** CPU that the load added to a world. The driver's is shared equally: every world got the same requests. */
function cpuOf(
  from: CpuReading,
  to: CpuReading,
  of: {
    readonly world: number;
    readonly worlds: number;
    readonly idle: IdleRate | undefined;
    readonly read: ServiceCounters | null;
  },
): CpuUs {
  const seconds = (to.atMs - from.atMs) / 1000;
  const added = (part: 'service' | 'postgres' | 'redis'): number | null => {
    const us = difference(to.worlds[of.world]?.[part] ?? null, from.worlds[of.world]?.[part] ?? null);
    return us === null ? null : Math.max(0, us - (of.idle?.[part] ?? 0) * seconds);
  };
  const further = mapKinds(furtherBetween(from, to, of.world), (us, kindName) =>
    us === null ? null : Math.max(0, us - (of.idle?.further[kindName] ?? 0) * seconds),
  );
  const driver = difference(to.driver, from.driver);
  return {
    ...further,
    // Where the kernel does not tell, the service's own count is taken; it includes what reading the counters costs.
    service: added('service') ?? of.read?.cpuUs ?? null,
    postgres: added('postgres'),
    redis: added('redis'),
    driver: driver === null ? null : driver / of.worlds,
  };
}
