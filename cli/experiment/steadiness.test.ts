import assert from 'node:assert/strict';
import { test } from 'node:test';
import { randomAt } from '../../loadtests/workloads/counter-random.ts';
import { judgeSteadiness } from './steadiness.ts';

const seconds = (count: number, p50Us: (second: number) => number) =>
  Array.from({ length: count }, (_, second) => ({ requests: 100, p50Us: p50Us(second) }));
const noise = (second: number) => 0.98 + 0.04 * randomAt(1, 2, 3, second);

test('a block that only wobbles is steady', () => {
  assert.equal(
    judgeSteadiness(
      seconds(30, (second) => 2_000 * noise(second)),
      10,
    ),
    null,
  );
});

test('a block that is still warming up is not', () => {
  const finding = judgeSteadiness(
    seconds(30, (second) => (4_000 - 80 * second) * noise(second)),
    10,
  );
  assert.equal(finding?.guard, 'unsteady');
  assert.equal(finding?.kind, 'soft');
});

test('the settle part may drift as it likes, and a few seconds prove nothing', () => {
  assert.equal(
    judgeSteadiness(
      seconds(30, (second) => (second < 10 ? 9_000 : 2_000) * noise(second)),
      10,
    ),
    null,
  );
  assert.equal(
    judgeSteadiness(
      seconds(5, (second) => 4_000 - 500 * second),
      1,
    ),
    null,
  );
});
