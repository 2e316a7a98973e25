import assert from 'node:assert/strict';
import { test } from 'node:test';
import { graphStatistics } from './graph-statistics.ts';

test('counts links and their reverses', () => {
  // 1 <-> 2, 1 -> 3, 2 -> 3, 3 follows nobody.
  const { links, reciprocity, followers, following } = graphStatistics({ following: [[2, 3], [1, 3], []] });
  assert.equal(links, 4);
  assert.equal(reciprocity, 2 / 4);
  assert.deepEqual([followers.mean, followers.max], [4 / 3, 2]);
  assert.deepEqual([following.mean, following.max], [4 / 3, 2]);
});

test('the Gini coefficient is 0 when all have the same, and near 1 when one has everything', () => {
  const ring = Array.from({ length: 100 }, (_, index) => [((index + 1) % 100) + 1]);
  assert.ok(Math.abs(graphStatistics({ following: ring }).followers.gini) < 1e-12);
  const star = Array.from({ length: 100 }, (_, index) => (index === 0 ? [] : [1]));
  assert.equal(graphStatistics({ following: star }).followers.gini, 0.99);
});

test('a graph without links has zeros, not NaN', () => {
  const { reciprocity, followers } = graphStatistics({ following: [[], []] });
  assert.deepEqual(
    { reciprocity, ...followers },
    { reciprocity: 0, mean: 0, p50: 0, p99: 0, max: 0, gini: 0 },
  );
});
