import type { ViewerRequests } from '../../loadtests/workloads/viewer-requests.ts';
import type { MeasuredBlock } from '../figures/figure-values.ts';
import type { PassTimings } from '../k6/pass-timings.ts';
import type { Stretch } from '../k6/world-figures.ts';
import type { RequestAccount } from '../layers/request-account.ts';
import type { CpuUsByKind } from '../worlds/cpu-by-kind.ts';

/** A guard that spoke up in a block: `hard` makes the block invalid, `soft` is only named. */
export type GuardFinding = {
  readonly guard: string;
  readonly kind: 'hard' | 'soft';
  readonly message: string;
  /** Who is at fault decides the exit code when rounds run out. */
  readonly fault: 'service' | 'generator' | 'machine';
};

/**
 * `valid` counts; `unsteady` counts and is marked; `overloaded` counts too, where the rate may be more than a candidate carries: it did
 * not; `invalid` spoiled its round; `shakedown` never counts.
 */
export type BlockStatus = 'valid' | 'unsteady' | 'overloaded' | 'invalid' | 'shakedown';

/**
 * One candidate, once. What could not be had is null, never 0. Its round is 1-based, 0 for the shake-down; its CPU together is what
 * load added: the idle share is taken off. Arrivals that found no free virtual user (`dropped`) are null together, where nobody knows
 * which world one would have gone to.
 */
export type BlockRecord = MeasuredBlock & {
  /** 1 for the first try of a round, 2 and 3 for its repetitions. */
  readonly attempt: number;
  /** Position within the round, 1-based. */
  readonly slot: number;
  readonly status: BlockStatus;
  readonly findings: readonly GuardFinding[];
  /** Of the offered requests, whose planned start lies in the measured part. */
  readonly started: number;
  readonly requests: number;
  readonly errors: number;
  /** Requests that were sent again to a replica, since the edge had not answered them. */
  readonly pastEdge: number;
  readonly startedAt: string;
  /** What its viewers asked for, where they have browsers. Absent: they have none. */
  readonly viewers?: ViewerRequests;
  /** Who answered that; null: requests were under way when it was counted, so that nobody can tell. */
  readonly account?: RequestAccount | null;
  /** What its Redis took when it ended, where it has viewers with browsers; null: it has none, or that is not known. */
  readonly redisBytes?: number | null;
  /** When its measured part was; null when nothing was answered in it. */
  readonly measured: Stretch | null;
};

/** What else went on while a round was measured; null where the platform does not tell. Shares are of all cores, 0 to 1. */
export type MachineOfRound = {
  /** Taken by the host for other machines. */
  readonly stealShare: number | null;
  /** Used by processes that are not the experiment's. */
  readonly foreignCpuShare: number | null;
  /** Used by the experiment: service, stores, driver and this command. */
  readonly ownCpuShare: number | null;
  /** Share of the last 10 s in which something waited for a CPU, percent. */
  readonly cpuPressurePct: number | null;
  readonly throttledPeriods: number | null;
  /** Wall clock against monotonic clock: a machine that slept. */
  readonly clockDisagreementMs: number;
  /** CPU of PostgreSQL that belongs to no world (checkpointer, WAL writer), microseconds. */
  readonly sharedPostgresCpuUs: number | null;
};

/** One round of an experiment together: what is of all its blocks. */
export type RoundRecord = Omit<PassTimings, 'worlds' | 'peakBusyVus'> & {
  readonly round: number;
  /** Which start of the processes it belongs to, 1-based. */
  readonly part: number;
  /** From its first planned request to the end of its last, seconds. */
  readonly seconds: number;
  readonly driverCpuUs: number | null;
  readonly machine: MachineOfRound;
};

/** Whether all worlds are measured at the same moments, or one after another. */
export type Pacing = 'together' | 'turns';

export type CandidateRole = 'baseline' | 'control' | 'candidate';

/** How a world warmed up, step by step, before the rounds of a part. */
export type WarmUpCurve = {
  readonly candidate: string;
  readonly part: number;
  /** A second each in turns; a few seconds together. */
  readonly seconds: readonly {
    readonly requests: number;
    readonly p50Us: number | null;
    readonly hitRatio: number | null;
    /** CPU of its replicas per request. */
    readonly cpuUsPerRequest: number | null;
  }[];
};

/** CPU that a world uses without load, microseconds per second; it is taken off the figures of its blocks. */
export type IdleCpu = { readonly candidate: string; readonly part: number } & Omit<IdleRate, 'further'>;

/** CPU of a world without load, microseconds per second. */
export type IdleRate = {
  readonly service: number | null;
  readonly postgres: number | null;
  readonly redis: number | null;
  /** Of the kinds of process beside the replicas. */
  readonly further: CpuUsByKind;
};
