/** Whole numbers in steps of an eighth of their size: quantiles are right to 12 % with a few hundred counts. */
export type LogHistogram = {
  readonly add: (value: number) => void;
  readonly count: () => number;
  /** The lower bound of the step in which the quantile lies; null: nothing was counted. */
  readonly quantile: (share: number) => number | null;
  /** Counts by powers of two: of [1, 2), [2, 4), and so on; what is below 1 is in the first. */
  readonly doublings: () => readonly number[];
};

const stepsPerDoubling = 8;
const doublingsMax = 64;

export function createLogHistogram(): LogHistogram {
  const counts = new Float64Array(stepsPerDoubling * doublingsMax);
  let count = 0;
  return {
    add(value) {
      const step = value < 1 ? 0 : Math.floor(Math.log2(value) * stepsPerDoubling);
      const index = Math.min(step, counts.length - 1);
      counts[index] = (counts[index] ?? 0) + 1;
      count += 1;
    },
    count: () => count,
    quantile(share) {
      if (count === 0) return null;
      let left = share * count;
      const found = counts.findIndex((inStep) => (left -= inStep) < 0);
      return 2 ** ((found < 0 ? counts.length - 1 : found) / stepsPerDoubling);
    },
    doublings() {
      const sums = Array.from({ length: doublingsMax }, (_, doubling) =>
        counts
          .subarray(doubling * stepsPerDoubling, (doubling + 1) * stepsPerDoubling)
          .reduce((sum, value) => sum + value, 0),
      );
      return sums.slice(0, sums.findLastIndex((sum) => sum > 0) + 1);
    },
  };
}
