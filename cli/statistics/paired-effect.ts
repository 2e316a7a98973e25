import type { ProcessSpread } from './process-spread.ts';
import { spreadOfRounds } from './spread-of-rounds.ts';
import { tQuantile, twoSidedP } from './student-t.ts';

type Interval = readonly [number, number];

/** An effect over rounds: its mean and the intervals that would hold the truth in that share of experiments. */
export type PairedEffect = {
  readonly rounds: number;
  readonly mean: number;
  /** Standard deviation of the differences of the rounds; what processes differ by is not in it. */
  readonly sd: number;
  /** Degrees of freedom of the intervals and of p; null, like these, with fewer than two rounds. */
  readonly df: number | null;
  readonly p: number | null;
  readonly interval90: Interval | null;
  readonly interval95: Interval | null;
  readonly interval99: Interval | null;
};

/**
 * Standard error of a mean over rounds, and its degrees of freedom (Welch and Satterthwaite). More rounds narrow only what
 * rounds differ by: two worlds keep their difference for as long as their processes live.
 */
function errorOf(rounds: number, sd: number, process: ProcessSpread) {
  const ofRounds = sd ** 2 / rounds;
  const ofProcesses = (2 * process.sd ** 2) / process.parts;
  const variance = ofRounds + ofProcesses;
  if (ofProcesses === 0 || variance === 0) return { standardError: Math.sqrt(variance), df: rounds - 1 };
  const df = variance ** 2 / (ofRounds ** 2 / (rounds - 1) + ofProcesses ** 2 / process.df);
  return { standardError: Math.sqrt(variance), df };
}

/** Half of the width of the 95 % interval that so many rounds with this spread have; null with fewer than two rounds. */
export function halfWidthOf(rounds: number, sd: number, process: ProcessSpread): number | null {
  if (rounds < 2) return null;
  const { standardError, df } = errorOf(rounds, sd, process);
  return tQuantile(0.975, df) * standardError;
}

/**
 * Mean of paired differences with a t interval that has a term for what processes differ by. The unit is the round, never
 * the request: requests of a block are not independent of each other. Pass logs for ratios, plain values for differences.
 * Without any spread the interval is the point, and the margin decides what it amounts to.
 */
export function pairedEffect(differences: readonly number[], process: ProcessSpread): PairedEffect {
  const rounds = differences.length;
  const mean = differences.reduce((sum, value) => sum + value, 0) / rounds;
  const sd = spreadOfRounds(differences);
  if (rounds < 2) {
    return { rounds, mean, sd, df: null, p: null, interval90: null, interval95: null, interval99: null };
  }
  const { standardError, df } = errorOf(rounds, sd, process);
  const interval = (confidence: number): Interval => {
    const half = tQuantile((1 + confidence) / 2, df) * standardError;
    return [mean - half, mean + half];
  };
  const pWithoutSpread = mean === 0 ? 1 : 0;
  return {
    rounds,
    mean,
    sd,
    df,
    p: standardError === 0 ? pWithoutSpread : twoSidedP(mean / standardError, df),
    interval90: interval(0.9),
    interval95: interval(0.95),
    interval99: interval(0.99),
  };
}

/** A log ratio as a change in percent. */
export function toPct(logRatio: number): number {
  return Math.expm1(logRatio) * 100;
}
