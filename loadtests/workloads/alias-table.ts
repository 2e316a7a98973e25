import type { Draws } from './counter-random.ts';

/** Draws an index with probability proportional to its weight, in constant time. */
export type AliasTable = (draws: Draws) => number;

/** Vose's form of Walker's alias method ("A linear algorithm for generating random numbers", IEEE TSE 17(9), 1991). */
export function createAliasTable(weights: readonly number[]): AliasTable {
  const n = weights.length;
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const scaled = weights.map((weight) => (weight * n) / total);
  const share: number[] = scaled.map(() => 1);
  const alias: number[] = scaled.map((_, index) => index);
  const small: number[] = [];
  const large: number[] = [];
  for (const [index, weight] of scaled.entries()) (weight < 1 ? small : large).push(index);
  while (small.length > 0 && large.length > 0) {
    const less = small.pop() as number;
    const more = large.pop() as number;
    share[less] = scaled[less] as number;
    alias[less] = more;
    scaled[more] = (scaled[more] as number) + (scaled[less] as number) - 1;
    ((scaled[more] as number) < 1 ? small : large).push(more);
  }
  return (draws) => {
    const index = Math.floor(draws(0) * n);
    return draws(1) < (share[index] as number) ? index : (alias[index] as number);
  };
}
