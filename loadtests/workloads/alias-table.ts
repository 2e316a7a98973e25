import type { Draws } from './counter-random.ts';

/** Draws an index with probability proportional to its weight, in constant time. */
export type AliasTable = (draws: Draws) => number;

/** By index: the share of its draws that an index keeps, and the index that gets the others. */
export type AliasColumns = { readonly share: readonly number[]; readonly alias: readonly number[] };

/** Vose's form of Walker's alias method ("A linear algorithm for generating random numbers", IEEE TSE 17(9), 1991). */
export function aliasColumnsOf(weights: readonly number[]): AliasColumns {
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
  return { share, alias };
}

/** Draws one of `n` indexes from columns, of which `cellsAt` reads a row. */
export function drawAlias(
  draws: Draws,
  n: number,
  cellsAt: (index: number) => readonly [share: number, alias: number],
): number {
  const index = Math.floor(draws(0) * n);
  const [share, alias] = cellsAt(index);
  return draws(1) < share ? index : alias;
}

export function createAliasTable(weights: readonly number[]): AliasTable {
  const { share, alias } = aliasColumnsOf(weights);
  return (draws) =>
    drawAlias(draws, weights.length, (index) => [share[index] as number, alias[index] as number]);
}
