import { halfWidthOf, pairedEffect } from './paired-effect.ts';
import type { ProcessSpread } from './process-spread.ts';
import { roundsMin } from './spread-of-rounds.ts';

/** An interval that is this share of its effect tells how large it is, whatever the margin. */
const effectShare = 1 / 4;
/** So many more rounds must narrow an interval by at least this share, or they are not worth their time. */
const roundsAhead = 10;
const gainMin = 0.1;

/** A primary comparison of a candidate with the baseline as far as it goes. */
export type ComparisonSoFar = {
  readonly candidate: string;
  /** Of the rounds that have the figure, on its scale: of logarithms where that is a ratio, of its values otherwise. */
  readonly differences: readonly number[];
  readonly process: ProcessSpread;
  /** Half-width that is wanted, on the same scale. */
  readonly precision: number;
};

/** How far an experiment is. */
export type ExperimentSoFar = {
  /** Of the candidates that may still get a verdict; the control is not among them. */
  readonly comparisons: readonly ComparisonSoFar[];
  readonly rounds: number;
  /** Null: until precise. */
  readonly roundsFixed: number | null;
  /** Starts of the processes that are still to come: while there are any, more rounds may narrow what these cannot. */
  readonly partsLeft: number;
  readonly secondsUsed: number;
  readonly secondsPerRound: number;
  /** Null: no limit. */
  readonly secondsMax: number | null;
};

/** Why an experiment ended by itself: narrow enough, no narrower with more rounds, out of time, as many rounds as were asked for. */
export const stopReasons = ['precision', 'no-gain', 'time-limit', 'rounds'] as const;
export type StopReason = (typeof stopReasons)[number];
export type StopDecision = { readonly stop: false } | { readonly stop: true; readonly because: StopReason };

/** How narrow a comparison is, and how narrow it has to be. */
export type Narrowness = {
  readonly candidate: string;
  readonly mean: number;
  /** Null with fewer than two rounds. */
  readonly halfWidth: number | null;
  readonly wanted: number;
  readonly isNarrow: boolean;
};

export type StoppingState = {
  readonly decision: StopDecision;
  readonly rounds: number;
  readonly roundsFixed: number | null;
  readonly comparisons: readonly Narrowness[];
  /** The comparison that is furthest from what is wanted; null without any. */
  readonly widest: Narrowness | null;
  /** At most; null where nothing bounds it. */
  readonly secondsLeft: number | null;
};

function narrownessOf({ candidate, differences, process, precision }: ComparisonSoFar): Narrowness {
  const { mean, sd, rounds } = pairedEffect(differences, process);
  const halfWidth = halfWidthOf(rounds, sd, process);
  const wanted = rounds === 0 ? precision : Math.max(precision, effectShare * Math.abs(mean));
  return { candidate, mean, halfWidth, wanted, isNarrow: halfWidth !== null && halfWidth <= wanted };
}

/** Whether more rounds like these would hardly narrow the interval. */
function isGainless({ differences, process }: ComparisonSoFar): boolean {
  const { sd, rounds } = pairedEffect(differences, process);
  const now = halfWidthOf(rounds, sd, process);
  const ahead = halfWidthOf(rounds + roundsAhead, sd, process);
  return now !== null && ahead !== null && ahead > now * (1 - gainMin);
}

function reasonToStop(soFar: ExperimentSoFar, comparisons: readonly Narrowness[]): StopReason | null {
  const { rounds, roundsFixed, secondsUsed, secondsPerRound, secondsMax } = soFar;
  if (roundsFixed !== null && rounds >= roundsFixed) return 'rounds';
  if (roundsFixed === null && rounds >= roundsMin) {
    const unfinished = soFar.comparisons.filter((_, index) => !comparisons[index]?.isNarrow);
    if (unfinished.length === 0) return 'precision';
    // What no round has, no further round or start will have.
    const measured = unfinished.filter(({ differences }) => differences.length > 0);
    if (measured.length === 0 || (soFar.partsLeft === 0 && measured.every(isGainless))) return 'no-gain';
  }
  if (secondsMax !== null && secondsUsed + secondsPerRound > secondsMax) return 'time-limit';
  return null;
}

function secondsLeftOf(soFar: ExperimentSoFar): number | null {
  const { rounds, roundsFixed, secondsUsed, secondsPerRound, secondsMax } = soFar;
  const bounds = [
    ...(roundsFixed === null ? [] : [(roundsFixed - rounds) * secondsPerRound]),
    ...(secondsMax === null ? [] : [secondsMax - secondsUsed]),
  ];
  return bounds.length === 0 ? null : Math.max(0, Math.min(...bounds));
}

/** How far from narrow enough; what has no interval yet is furthest. */
function distance({ halfWidth, wanted }: Narrowness): number {
  return halfWidth === null ? Infinity : halfWidth / wanted;
}

/**
 * Decides after a round whether there is another one. It looks at widths of intervals, never at p, so that looking often does
 * not make false alarms. Within the limits of rounds and time an experiment ends when every comparison is as narrow as
 * wanted or a quarter of its effect, or when more rounds would narrow none of the others. What no round has is not waited for.
 */
export function decideStop(soFar: ExperimentSoFar): StoppingState {
  const comparisons = soFar.comparisons.map(narrownessOf);
  const because = reasonToStop(soFar, comparisons);
  return {
    decision: because === null ? { stop: false } : { stop: true, because },
    rounds: soFar.rounds,
    roundsFixed: soFar.roundsFixed,
    comparisons,
    widest: comparisons.toSorted((a, b) => distance(b) - distance(a))[0] ?? null,
    secondsLeft: secondsLeftOf(soFar),
  };
}
