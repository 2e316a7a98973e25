/** The middle of some numbers; NaN when there are none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** A median with an interval that would hold the true one in that share of experiments. */
export type Estimate = {
  readonly median: number;
  readonly low: number;
  readonly high: number;
  readonly coverage: number;
};

/** The chance that of n fair coins at most k show heads. */
function atMostHeads(n: number, k: number): number {
  let term = 0.5 ** n;
  let sum = 0;
  for (let heads = 0; heads <= k; heads += 1) {
    sum += term;
    term *= (n - heads) / (heads + 1);
  }
  return sum;
}

const confidence = 0.95;

/**
 * The median of rounds, and the narrowest pair of order statistics that covers the true median at 95 %: nothing is assumed
 * about how rounds are distributed, and a spoiled one cannot move it far. With fewer than six rounds even the widest pair
 * covers less, which `coverage` says.
 */
export function estimateMedian(values: readonly number[]): Estimate {
  const sorted = values.toSorted((a, b) => a - b);
  const n = sorted.length;
  const coverageOf = (left: number) => Math.max(0, 1 - 2 * atMostHeads(n, left));
  let left = 0;
  while (left + 1 < n / 2 && coverageOf(left + 1) >= confidence) left += 1;
  return {
    median: median(sorted),
    low: sorted[left] ?? Number.NaN,
    high: sorted[n - 1 - left] ?? Number.NaN,
    coverage: coverageOf(left),
  };
}

/** Round by round; rounds that either of them lacks are left out. */
export function pairRounds(
  values: readonly (number | null)[],
  others: readonly (number | null)[],
  join: (value: number, other: number) => number,
): number[] {
  return values.flatMap((value, round) => {
    const other = others[round] ?? null;
    return value === null || other === null ? [] : [join(value, other)];
  });
}
