import type { Pacing } from '../experiment/records.ts';

/** One world of an experiment. Unlike the candidates of `compare`, two may be identical. */
export type RealWorld = {
  /** Unique within the experiment. */
  readonly name: string;
  readonly candidate: string;
  /** As `DARKROOM_LAB_SLOWDOWN` takes it. */
  readonly slowdown?: string;
};

/** An experiment of the calibration. What it does not say is as `compare` does it by default. */
export type RealPlan = {
  /** The others are compared with the first. */
  readonly worlds: readonly RealWorld[];
  readonly pacing: Pacing;
  /** Null: until the stopping rule ends it. */
  readonly rounds: number | null;
  /** Length of a round; absent: as `compare` has it. */
  readonly roundSeconds?: number;
  readonly seed: number;
};

/** Figures that calibration looks at, by their names in `comparisons`. */
export const realFigures = ['request', 'p50', 'p95', 'p99', 'mean', 'cpuUsPerRequest'] as const;
export type RealFigure = (typeof realFigures)[number];

/** A figure of a world against that of the first one. */
export type ComparisonLog = {
  readonly world: string;
  readonly figure: RealFigure;
  /** Natural logarithms of ratios; null in a round that lacks the figure. */
  readonly perRound: readonly (number | null)[];
  /** As `compare` says it. */
  readonly changePct: number | null;
  readonly interval95: readonly [number, number] | null;
  readonly p: number | null;
  readonly verdict: string | null;
};

/** What a world took in each round, to see which one an unlikely difference came from. */
export type WorldLevels = {
  readonly world: string;
  /** Geometric mean of the requests that every world answered; null in a round without any. */
  readonly responseUs: readonly (number | null)[];
  readonly cpuUsPerRequest: readonly (number | null)[];
};

/** What remains of an experiment. */
export type RealLog = {
  readonly status: string;
  readonly rounds: number;
  /** Starts of the processes. */
  readonly parts: number;
  readonly comparisons: readonly ComparisonLog[];
  /** Absent of experiments before it was kept. */
  readonly levels?: readonly WorldLevels[];
  /** Medians over rounds of the shares of all cores, 0 to 1; null where the platform does not tell. */
  readonly ownCpuShare: number | null;
  readonly foreignCpuShare: number | null;
};

/** Runs an experiment and keeps what calibration needs of it. Throws a CommandError where it could not be run. */
export type RunReal = (plan: RealPlan) => Promise<RealLog>;
