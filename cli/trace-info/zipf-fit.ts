/**
 * The exponent s of Zipf's law, by which the object at rank r gets a share of the reads that is proportional to 1/r^s, by maximum
 * likelihood: a line through the points of a log-log plot would be far off and say nothing of its error (Clauset, Shalizi and
 * Newman, Power-law distributions in empirical data, SIAM Review 51, 2009).
 *
 * Ranks that are taken from the same counts to which the law is fitted are sorted by their own chance, which looks like skew where
 * there is none. So the reads are divided by chance into two halves; one half ranks the objects, and the law is fitted to the counts of
 * the other (Piantadosi, Zipf's word frequency law in natural language, Psychonomic Bulletin & Review 21, 2014). Only ranks that the
 * first half knows well take part, and the law is that of these ranks: how the rest is divided does not matter to it.
 */
export type ZipfFit = {
  readonly exponent: number;
  /** The larger one of what the likelihood says, which takes reads for independent, and of what the blocks of the recording say. */
  readonly standardError: number;
  /** Objects that take part. */
  readonly ranks: number;
  /** The largest difference between the share of the reads of the first ranks and the law's (Kolmogorov and Smirnov). */
  readonly distance: number;
};

const exponentMin = -2;
const exponentMax = 20;
const stepsMax = 50;
const precision = 1e-9;

type Moments = { readonly mean: number; readonly variance: number };

/** Mean and variance of ln r where ranks are drawn by the law. */
function momentsOf(exponent: number, logs: Float64Array): Moments {
  let [sum, first, second] = [0, 0, 0];
  for (const log of logs) {
    const weight = Math.exp(-exponent * log);
    sum += weight;
    first += weight * log;
    second += weight * log * log;
  }
  const mean = first / sum;
  return { mean, variance: second / sum - mean * mean };
}

/** Newton's method on the derivative of the log-likelihood, which falls everywhere: there is one root. */
function exponentOf(meanLog: number, logs: Float64Array, start: number): number {
  let exponent = start;
  for (let step = 0; step < stepsMax; step += 1) {
    const { mean, variance } = momentsOf(exponent, logs);
    const next = Math.min(exponentMax, Math.max(exponentMin, exponent + (mean - meanLog) / variance));
    if (Math.abs(next - exponent) < precision) return next;
    // Far from the root a whole step may jump back and forth over it.
    exponent = step < stepsMax / 2 ? next : (next + exponent) / 2;
  }
  return exponent;
}

/**
 * Fits counts by rank, the most read object first, each divided into as many blocks of the recording: `counts[rank * blocks + block]`.
 * Null: there are too few to say anything.
 */
export function fitZipf(counts: Uint32Array, blocks: number): ZipfFit | null {
  const ranks = counts.length / blocks;
  if (ranks < 2) return null;
  const logs = Float64Array.from({ length: ranks }, (_, rank) => Math.log(rank + 1));
  const totals = totalsOf(counts, blocks, logs);
  if (totals.reads === 0) return null;
  const exponent = exponentOf(totals.logSum / totals.reads, logs, 1);
  const { variance } = momentsOf(exponent, logs);
  const likelihood = 1 / Math.sqrt(totals.reads * variance);
  // Each block is left out once (Künsch, The jackknife and the bootstrap for general stationary observations, 1989).
  const without = totals.blocks.map(({ reads, logSum }) =>
    exponentOf((totals.logSum - logSum) / (totals.reads - reads), logs, exponent),
  );
  const standardError = Math.max(likelihood, jackknifeError(without));
  if (!Number.isFinite(standardError)) return null;
  return {
    exponent,
    standardError,
    ranks,
    distance: distanceOf(counts, blocks, { logs, exponent, reads: totals.reads }),
  };
}

type Sums = { reads: number; logSum: number };

function totalsOf(
  counts: Uint32Array,
  blocks: number,
  logs: Float64Array,
): Sums & { readonly blocks: readonly Sums[] } {
  const perBlock: Sums[] = Array.from({ length: blocks }, () => ({ reads: 0, logSum: 0 }));
  for (const [index, count] of counts.entries()) {
    const sums = perBlock[index % blocks] as Sums;
    sums.reads += count;
    sums.logSum += count * (logs[Math.floor(index / blocks)] as number);
  }
  const sum = (of: (sums: Sums) => number): number => perBlock.reduce((total, sums) => total + of(sums), 0);
  return { reads: sum(({ reads }) => reads), logSum: sum(({ logSum }) => logSum), blocks: perBlock };
}

function jackknifeError(without: readonly number[]): number {
  const { length } = without;
  if (length < 2) return 0;
  const mean = without.reduce((sum, value) => sum + value, 0) / length;
  const squares = without.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return Math.sqrt(((length - 1) / length) * squares);
}

function distanceOf(
  counts: Uint32Array,
  blocks: number,
  {
    logs,
    exponent,
    reads,
  }: { readonly logs: Float64Array; readonly exponent: number; readonly reads: number },
): number {
  const weights = logs.map((log) => Math.exp(-exponent * log));
  const whole = weights.reduce((sum, weight) => sum + weight, 0);
  let [expected, found, furthest] = [0, 0, 0];
  for (const [rank, weight] of weights.entries()) {
    expected += weight / whole;
    for (let block = 0; block < blocks; block += 1)
      found += (counts[rank * blocks + block] as number) / reads;
    furthest = Math.max(furthest, Math.abs(expected - found));
  }
  return furthest;
}
