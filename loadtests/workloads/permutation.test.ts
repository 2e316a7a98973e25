import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPermutation } from './permutation.ts';

const allOf = (n: number, seed = 1, stream = 1): number[] => {
  const permute = createPermutation(n, seed, stream);
  return Array.from({ length: n }, (_, position) => permute(position));
};

test('maps 0 to n - 1 onto itself, one to one, for any n', () => {
  for (const n of [1, 2, 3, 4, 5, 15, 16, 17, 500, 1_023, 1_024, 1_025, 20_000]) {
    const sorted = allOf(n).sort((a, b) => a - b);
    assert.deepEqual(
      sorted,
      Array.from({ length: n }, (_, index) => index),
      `n = ${n}`,
    );
  }
});

test('takes rank and id apart, differently for each seed and stream', () => {
  const n = 10_000;
  const first = allOf(n);
  const kept = (other: readonly number[]): number =>
    first.filter((value, index) => value === other[index]).length;
  const identity = Array.from({ length: n }, (_, index) => index);
  // Two unrelated permutations agree in one place on average.
  for (const other of [identity, allOf(n, 2), allOf(n, 1, 2)]) assert.ok(kept(other) < 10);
  const mean =
    identity.reduce((sum, index) => sum + (index - n / 2) * ((first[index] as number) - n / 2), 0) / n;
  const correlation = mean / (n ** 2 / 12);
  assert.ok(Math.abs(correlation) < 4 / Math.sqrt(n), `rank and id correlate: ${correlation}`);
});
