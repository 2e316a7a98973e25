import type { Histogram } from 'hdr-histogram-js';
import type { Stretch } from '../k6/request-timings.ts';
import type { CacheCounts, CacheWork } from './cache-counts.ts';

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
  /** Requests whose intended start lies in the measured part; and those of them that were started. */
  readonly offered: number;
  readonly started: number;
  readonly dropped: number;
  readonly requests: number;
  readonly errors: number;
  /** From the intended start to the last byte, microseconds. Null when the driver died. */
  readonly responseTimeUs: Histogram | null;
  /** Requests that the service answered between the readings of its counters: what the figures below are divided by. */
  readonly servedRequests: number | null;
  readonly cache: CacheCounts | null;
  readonly cacheWork: CacheWork | null;
  readonly storageQueries: number | null;
  readonly cpuUs: CpuUs;
  readonly expiredEntries: number | null;
  readonly evictedEntries: number | null;
  readonly startedAt: string;
  /** When its measured part was; null when nothing was answered in it. */
  readonly measured: Stretch | null;
};

export type CandidateRole = 'baseline' | 'control' | 'candidate';

export type PrimaryMetric = 'p50' | 'p95' | 'p99';

/** How a world warmed up, second by second, before round 1. */
export type WarmUpCurve = {
  readonly candidate: string;
  readonly seconds: readonly {
    readonly requests: number;
    readonly p50Us: number | null;
    readonly hitRatio: number | null;
  }[];
};
