import { uint32At } from './counter-random.ts';

const rounds = 4;

/**
 * A seeded permutation of 0 to n - 1 without a table: a Feistel network over the next even number of bits, walked until it
 * falls below n. It takes rank apart from id, so that the hottest id is not 1.
 */
export function createPermutation(n: number, seed: number, stream: number): (position: number) => number {
  const bits = Math.max(2, Math.ceil(Math.log2(Math.max(2, n))));
  const half = Math.ceil(bits / 2);
  const mask = 2 ** half - 1;
  const scramble = (value: number): number => {
    let left = value >>> half;
    let right = value & mask;
    for (let round = 0; round < rounds; round += 1) {
      const next = left ^ (uint32At(seed, round, stream, right) & mask);
      left = right;
      right = next;
    }
    return left * 2 ** half + right;
  };
  return (position) => {
    let value = scramble(position);
    while (value >= n) value = scramble(value);
    return value;
  };
}
