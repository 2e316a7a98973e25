import type { Spread } from '../../loadtests/workloads/spread.ts';

/** A round of a replay: requests of the recording from `first` on, and how they lie in the schedule. */
export type ReplayedRound = {
  readonly first: number;
  readonly requests: number;
  readonly spread: Spread;
};

/** What an experiment sends that takes its requests from a recording instead of drawing them. */
export type PlannedReplay = {
  /** What the result calls it, where another experiment names its scenario. */
  readonly title: string;
  readonly rounds: readonly ReplayedRound[];
  /** Of the schedule, to each world: more than requests, so that they can come unevenly. */
  readonly placesPerSecond: number;
  /** Requests per second to each world, in the two seconds that have the most. */
  readonly peakRate: number;
  /** What a reader must know of how the recording became requests. */
  readonly notes: readonly string[];
};
