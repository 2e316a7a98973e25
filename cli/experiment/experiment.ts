import type { ReplayedPass } from '../../loadtests/workloads/expected-hit-ratio.ts';
import type { BlockRecord, IdleCpu, RoundRecord, WarmUpCurve } from './records.ts';

/** Requests that every world was sent in one go: what a prediction of hit ratios replays. */
export type SentPass = ReplayedPass;

/** What an experiment has measured, as far as it came. */
export type Experiment = {
  readonly blocks: readonly BlockRecord[];
  /** What is known of each round as a whole; empty in turns, where blocks of a round have nothing in common. */
  readonly rounds: readonly RoundRecord[];
  readonly warmUpCurves: readonly WarmUpCurve[];
  readonly idleCpu: readonly IdleCpu[];
  /** The order of candidates of each round that was finished, by its number. */
  readonly order: readonly (readonly string[])[];
  /** Starts of the processes. */
  readonly parts: number;
  readonly sent: readonly SentPass[];
  /**
   * `noisy`: all rounds were run, but more of them were spoiled than may be repeated (in turns). `gave-up`: the service failed.
   * `generator`: k6 dropped too many arrivals, or died.
   */
  readonly ended: 'complete' | 'noisy' | 'interrupted' | 'gave-up' | 'generator';
  readonly stoppedBecause: 'precision' | 'no-gain' | 'time-limit' | 'rounds' | null;
  /** Why the driver ended before its time. */
  readonly driverFailure: string | null;
};
