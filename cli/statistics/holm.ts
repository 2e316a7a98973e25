/** Adjusts p values of a family so that any false alarm among them has the chance of one (Holm, 1979). In their order. */
export function holmAdjust(pValues: readonly number[]): number[] {
  const order = pValues.map((p, index) => ({ p, index })).sort((a, b) => a.p - b.p);
  const adjusted = pValues.map(() => 1);
  let largest = 0;
  for (const [rank, { p, index }] of order.entries()) {
    largest = Math.max(largest, Math.min(1, p * (order.length - rank)));
    adjusted[index] = largest;
  }
  return adjusted;
}

/** The fewest rounds with which that many comparisons can be told at 5 %: 2 / 2^n must not exceed 0.05 / m. */
export function roundsMin(comparisons: number): number {
  let rounds = 6;
  while (2 / 2 ** rounds > 0.05 / Math.max(1, comparisons)) rounds += 1;
  return rounds;
}
