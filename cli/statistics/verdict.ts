import type { PairedEffect } from './paired-effect.ts';
import type { ProcessSpread } from './process-spread.ts';

/** What an effect amounts to. `better` is less: of a figure of which more is better, the effect is turned before. */
export type Verdict =
  | 'better'
  | 'worse'
  | 'equivalent'
  | 'slightly better'
  | 'slightly worse'
  | 'inconclusive';

const significance = 0.05;
/** Sum of the normal quantiles of 80 % power and a two-sided 5 %: 0.84 + 1.96. */
const powerFactor = 2.8;
/** Fewer have no interval. */
const intervalRoundsMin = 2;

/**
 * The first that applies: better or worse, when the 95 % interval lies beyond the margin; equivalent, when the 90 % interval
 * lies within it (two one-sided tests); slightly better or worse, when the 95 % interval excludes no change. A difference is
 * called only when its adjusted p allows it. Effect and margin are on the same scale.
 */
export function judge(effect: PairedEffect, margin: number, pAdjusted: number): Verdict {
  const { interval95, interval90 } = effect;
  if (interval95 === null || interval90 === null) return 'inconclusive';
  const isCalled = pAdjusted <= significance;
  if (isCalled && interval95[1] < -margin) return 'better';
  if (isCalled && interval95[0] > margin) return 'worse';
  if (interval90[0] > -margin && interval90[1] < margin) return 'equivalent';
  if (isCalled && interval95[1] < 0) return 'slightly better';
  if (isCalled && interval95[0] > 0) return 'slightly worse';
  return 'inconclusive';
}

/** What it takes to see a change: so many rounds, or other starts of the processes, since rounds alone would not do. */
export type RoundsNeeded = number | 'more-starts';

/**
 * The fewest rounds with which a change of `delta` would be seen four times out of five. All rounds of a start share what
 * its processes differ by, so that there may be no such number.
 */
export function roundsNeeded(sd: number, process: ProcessSpread, delta: number): RoundsNeeded {
  const room = (delta / powerFactor) ** 2 - (2 * process.sd ** 2) / process.parts;
  if (room <= 0) return 'more-starts';
  return Math.max(intervalRoundsMin, Math.ceil(sd ** 2 / room));
}
