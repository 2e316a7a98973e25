import assert from 'node:assert/strict';
import { test } from 'node:test';
import { randomAt } from '../../../loadtests/workloads/counter-random.ts';
import { judgeSteadiness } from './steadiness.ts';

const seconds = (count: number, p50Us: (second: number) => number) =>
  Array.from({ length: count }, (_, second) => ({ requests: 100, p50Us: p50Us(second) }));
const noise = (second: number) => 0.98 + 0.04 * randomAt(1, 2, 3, second);

test('a block that only wobbles is steady', () => {
  assert.equal(judgeSteadiness(seconds(30, (second) => 2_000 * noise(second))), null);
});

test('a block that is still warming up is not, and neither is one that gets slower', () => {
  const finding = judgeSteadiness(seconds(30, (second) => (4_000 - 80 * second) * noise(second)));
  assert.deepEqual([finding?.guard, finding?.kind], ['unsteady', 'soft']);
  assert.match(finding?.message ?? '', /drifted by -\d+ %/);
  const slower = judgeSteadiness(seconds(30, (second) => (2_000 + 80 * second) * noise(second)));
  assert.match(slower?.message ?? '', /drifted by \d+ %/);
});

test('a drift that is too small to matter is none, however sure', () => {
  assert.equal(judgeSteadiness(seconds(30, (second) => (second < 15 ? 2_000 : 2_080))), null);
});

test('a few seconds prove nothing, and seconds without an answer do not count', () => {
  assert.equal(judgeSteadiness(seconds(9, (second) => 4_000 - 300 * second)), null);
  const silent = Array.from({ length: 20 }, () => ({ requests: 0, p50Us: null }));
  assert.equal(judgeSteadiness([...silent, ...seconds(9, (second) => 4_000 - 300 * second)]), null);
});
