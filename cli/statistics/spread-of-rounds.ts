/** No experiment ends before: a spread over fewer rounds is hardly known. */
export const roundsMin = 7;

/** Standard deviation of the first so many values; 0 with fewer than two. */
function spreadOfFirst(values: readonly number[], count: number): number {
  if (count < 2) return 0;
  const first = values.slice(0, count);
  const mean = first.reduce((sum, value) => sum + value, 0) / count;
  return Math.sqrt(first.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (count - 1));
}

/**
 * What rounds differ by: the largest standard deviation that was seen after any round from the first on that may end an
 * experiment. One that ends when its interval is narrow ends the sooner the smaller its spread comes out by chance, and more
 * of its intervals miss than they say. docs/calibration.md (part a) has how many do.
 */
export function spreadOfRounds(differences: readonly number[]): number {
  const rounds = differences.length;
  let largest = spreadOfFirst(differences, rounds);
  for (let count = roundsMin; count < rounds; count += 1)
    largest = Math.max(largest, spreadOfFirst(differences, count));
  return largest;
}
