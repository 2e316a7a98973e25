import { randomAt } from '../../loadtests/workloads/counter-random.ts';

/** Chance of one simulation: the same seed gives the same run. */
export type SeededRandom = {
  /** In [low, high). */
  between(low: number, high: number): number;
  /** A whole number below `count`. */
  below(count: number): number;
  chance(share: number): boolean;
};

export function createSeededRandom(seed: number): SeededRandom {
  let draws = 0;
  const next = (): number => {
    draws += 1;
    return randomAt(seed, 0, 0, draws);
  };
  return {
    between: (low, high) => low + next() * (high - low),
    below: (count) => Math.floor(next() * count),
    chance: (share) => next() < share,
  };
}
