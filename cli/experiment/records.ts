import type { Histogram } from 'hdr-histogram-js';
import type { PairedRequests } from '../k6/pair-requests.ts';
import type { PassTimings } from '../k6/pass-timings.ts';
import type { Stretch } from '../k6/world-figures.ts';
import type { CacheCounts, CacheWork, TierCounts } from '../worlds/cache-counts.ts';

/** CPU time spent during the measured part of a block, microseconds; null where the platform does not tell. */
export type CpuUs = {
  readonly service: number | null;
  readonly postgres: number | null;
  readonly redis: number | null;
  readonly driver: number | null;
};

/** A guard that spoke up in a block: `hard` makes the block invalid, `soft` is only named. */
export type GuardFinding = {
  readonly guard: string;
  readonly kind: 'hard' | 'soft';
  readonly message: string;
  /** Who is at fault decides the exit code when rounds run out. */
  readonly fault: 'service' | 'generator' | 'machine';
};

/** `valid` counts; `unsteady` counts and is marked; `invalid` spoiled its round; `shakedown` never counts. */
export type BlockStatus = 'valid' | 'unsteady' | 'invalid' | 'shakedown';

/** One candidate, once. Histograms record microseconds. Figures that could not be had are null, never 0. */
export type BlockRecord = {
  /** 1-based; 0 for the shake-down. */
  readonly round: number;
  /** 1 for the first try of a round, 2 and 3 for its repetitions. */
  readonly attempt: number;
  /** Position within the round, 1-based. */
  readonly slot: number;
  /** Label of the candidate, unique within the experiment. */
  readonly candidate: string;
  readonly status: BlockStatus;
  readonly findings: readonly GuardFinding[];
  /** Requests whose planned start lies in the measured part; and those of them that were started. */
  readonly offered: number;
  readonly started: number;
  /** Arrivals that found no free virtual user; null together, where nobody knows which world one would have gone to. */
  readonly dropped: number | null;
  readonly requests: number;
  readonly errors: number;
  /** From sending on an open connection to the last byte, microseconds. Null when the driver died. */
  readonly responseTimeUs: Histogram | null;
  /** Arithmetic mean of the response times, microseconds; null without any. */
  readonly meanUs: number | null;
  /** What the same-request change is made of. */
  readonly paired: PairedRequests | null;
  /** Requests that the service answered between the readings of its counters: what the figures below are divided by. */
  readonly servedRequests: number | null;
  readonly cache: CacheCounts | null;
  readonly cacheWork: CacheWork | null;
  /** Commands to the tier behind a socket, and those that it refused. */
  readonly tier: TierCounts | null;
  readonly storageQueries: number | null;
  /** Together, what load added: the idle share is taken off. */
  readonly cpuUs: CpuUs;
  readonly expiredEntries: number | null;
  readonly evictedEntries: number | null;
  readonly startedAt: string;
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
export type IdleCpu = { readonly candidate: string; readonly part: number } & Omit<CpuUs, 'driver'>;
