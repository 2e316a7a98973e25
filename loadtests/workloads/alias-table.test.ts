import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createAliasTable } from './alias-table.ts';
import { drawsOf } from './counter-random.ts';

/** The exact probability of each index, by walking through every column and the coin's threshold. */
function probabilities(weights: readonly number[]): number[] {
  const choose = createAliasTable(weights);
  const n = weights.length;
  const found = weights.map(() => 0);
  const steps = 10_000;
  for (let column = 0; column < n; column += 1) {
    for (let step = 0; step < steps; step += 1) {
      const index = choose((draw) => (draw === 0 ? (column + 0.5) / n : (step + 0.5) / steps));
      found[index] = (found[index] ?? 0) + 1 / (n * steps);
    }
  }
  return found;
}

test('draws each index in proportion to its weight', () => {
  for (const weights of [[1], [1, 1, 1], [1, 2, 3, 4], [0, 1], [1e-9, 1, 1e3, 5, 5], [7, 0, 0, 0, 0, 1]]) {
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    for (const [index, probability] of probabilities(weights).entries()) {
      const expected = (weights[index] as number) / total;
      assert.ok(
        Math.abs(probability - expected) < 2e-4,
        `${weights.join()}: ${index} has ${probability}, not ${expected}`,
      );
    }
  }
});

test('never draws a weight of zero', () => {
  const choose = createAliasTable([0, 3, 0, 1, 0]);
  for (let index = 0; index < 10_000; index += 1) assert.ok([1, 3].includes(choose(drawsOf(1, 0, 0, index))));
});
