import assert from 'node:assert/strict';
import { test } from 'node:test';
import { speedForRate } from './speed-for-rate.ts';

/** A recording of ten requests a second whose busiest moments have more, the less of them the more of it two seconds hold. */
const ratesAt = (speed: number, peak = 2) => ({ rate: 10 * speed, peakRate: 10 * speed * peak });

test('an even recording is sent at the wanted rate', async () => {
  const found = await speedForRate(40, ratesAt(1, 1), async (speed) => ratesAt(speed, 1));
  assert.deepEqual(found, { speed: 4, peakRate: 40 });
});

test('of an uneven one the busiest two seconds keep to it', async () => {
  const tried: number[] = [];
  const { speed } = await speedForRate(40, ratesAt(1), async (at) => {
    tried.push(at);
    return ratesAt(at, 1 + 1 / at);
  });
  assert.equal(tried[0], 4);
  assert.ok(ratesAt(speed, 1 + 1 / speed).peakRate <= 40, String(speed));
  assert.ok(speed > 2.9 && tried.length <= 4, `${speed} after ${tried.join(', ')}`);
});

test('a speed has three digits, and does not exceed what was wanted', async () => {
  const { speed } = await speedForRate(1, { rate: 3, peakRate: 3 }, async (at) => ({
    rate: 3 * at,
    peakRate: 3 * at,
  }));
  assert.equal(speed, 0.333);
});

test('the speed is one that was planned, and its rate is told where no correction does', async () => {
  const tried: number[] = [];
  // A burst that every two seconds hold, however slowly they are sent.
  const found = await speedForRate(40, ratesAt(1), async (at) => {
    tried.push(at);
    return { rate: 10 * at, peakRate: 50 };
  });
  assert.deepEqual(found, { speed: tried.at(-1), peakRate: 50 });
});
