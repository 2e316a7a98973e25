import assert from 'node:assert/strict';
import { test } from 'node:test';
import { displacementWidthMs } from './arrivals.ts';

test('lets 20 requests change places, and takes at least 100 ms', () => {
  assert.equal(displacementWidthMs(100), 200);
  assert.equal(displacementWidthMs(37.5), 20_000 / 37.5);
  assert.equal(displacementWidthMs(10_000), 100);
});
