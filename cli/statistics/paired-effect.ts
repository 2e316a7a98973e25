import jstat from 'jstat';

/** An effect over rounds: its mean and the interval that would hold the truth in that share of experiments. */
export type PairedEffect = {
  readonly rounds: number;
  readonly mean: number;
  readonly sd: number;
  readonly interval95: readonly [number, number] | null;
  readonly interval90: readonly [number, number] | null;
  readonly interval99: readonly [number, number] | null;
};

/** Quantile of Student's t distribution. */
function tQuantile(probability: number, freedom: number): number {
  return jstat.studentt.inv(probability, freedom);
}

function intervalOf(
  mean: number,
  sd: number,
  n: number,
  confidence: number,
): readonly [number, number] | null {
  if (n < 2) return null;
  const half = (tQuantile(1 - (1 - confidence) / 2, n - 1) * sd) / Math.sqrt(n);
  return [mean - half, mean + half];
}

/**
 * Mean of paired differences with a t interval. The unit is the round, never the request: requests of a block are not
 * independent of each other. Pass logs for ratios, plain values for differences.
 */
export function pairedEffect(differences: readonly number[]): PairedEffect {
  const n = differences.length;
  const mean = differences.reduce((sum, value) => sum + value, 0) / n;
  const sd =
    n < 2 ? 0 : Math.sqrt(differences.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1));
  const interval = (confidence: number) => intervalOf(mean, sd, n, confidence);
  return {
    rounds: n,
    mean,
    sd,
    interval90: interval(0.9),
    interval95: interval(0.95),
    interval99: interval(0.99),
  };
}

/** A log ratio as a change in percent. */
export function toPct(logRatio: number): number {
  return Math.expm1(logRatio) * 100;
}
