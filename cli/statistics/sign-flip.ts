import { randomAt } from '../../loadtests/workloads/counter-random.ts';

/** Up to here all 2^n signs are tried; beyond, this many at random. */
const exactRoundsMax = 16;
const sampledFlips = 100_000;

/**
 * Two-sided p of paired differences by flipping their signs: exact, and without an assumption about their distribution
 * (Fisher's randomisation test). With n rounds it cannot fall below 2 / 2^n.
 */
export function signFlipP(differences: readonly number[], seed: number): number {
  const n = differences.length;
  if (n === 0) return 1;
  const observed = Math.abs(differences.reduce((sum, value) => sum + value, 0));
  // Sums of the same numbers in another order differ in their last digits.
  const threshold = observed - 1e-12 * Math.max(1, observed);
  const isExact = n <= exactRoundsMax;
  const flips = isExact ? 2 ** n : sampledFlips;
  let asExtreme = 0;
  for (let flip = 0; flip < flips; flip += 1) {
    let sum = 0;
    for (const [place, value] of differences.entries()) {
      const isFlipped = isExact ? ((flip >>> place) & 1) === 1 : randomAt(seed, flip, 0, place) < 0.5;
      sum += isFlipped ? -value : value;
    }
    if (Math.abs(sum) >= threshold) asExtreme += 1;
  }
  return isExact ? asExtreme / flips : (asExtreme + 1) / (flips + 1);
}
