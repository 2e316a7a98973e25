import assert from 'node:assert/strict';
import { test } from 'node:test';
import { displacementMs, displacementWidthMs, plannedStartMs } from './arrivals.ts';

const rate = 150;

test('even arrivals keep to the lattice', () => {
  assert.equal(displacementMs('even', 1, 2, 7, rate), 0);
  assert.equal(plannedStartMs('even', 1, 2, 300, rate), 2_000);
});

test('displaces by less than the width, evenly over it', () => {
  const width = displacementWidthMs(rate);
  const n = 20_000;
  let sum = 0;
  for (let index = 0; index < n; index += 1) {
    const displaced = displacementMs('poisson', 1, 2, index, rate);
    assert.ok(displaced >= 0 && displaced < width);
    sum += displaced;
  }
  assert.ok(Math.abs(sum / n - width / 2) < (4 * width) / Math.sqrt(12 * n));
});

test('lets 20 requests change places, and takes at least 100 ms', () => {
  assert.equal(displacementWidthMs(100), 200);
  assert.equal(displacementWidthMs(10_000), 100);
});

test('gaps are as irregular as those of a Poisson process, and the rate stays', () => {
  const n = 20_000;
  const starts = Array.from({ length: n }, (_, index) => plannedStartMs('poisson', 1, 2, index, rate)).sort(
    (a, b) => a - b,
  );
  const gaps = starts.slice(1).map((start, index) => start - (starts[index] as number));
  const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
  const deviation = Math.sqrt(gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length);
  assert.ok(Math.abs(mean - 1000 / rate) < 0.02, `mean gap ${mean} ms`);
  // 1 in a Poisson process, 0 on the lattice.
  assert.ok(deviation / mean > 0.9 && deviation / mean < 1.1, `variation ${deviation / mean}`);
});
