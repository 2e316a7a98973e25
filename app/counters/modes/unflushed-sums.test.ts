import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createUnflushedSums } from './unflushed-sums.ts';

test('sums under way are still known, and put back they are joined by what came meanwhile', () => {
  const sums = createUnflushedSums(10);
  sums.add('a', 5);
  sums.add('b', 1);
  assert.deepEqual(sums.takeUnderWay(1), [['a', 5]]);
  sums.add('a', 2);
  assert.deepEqual([sums.of('a'), sums.of('b'), sums.waiting()], [7, 1, 2]);
  sums.putBack();
  assert.deepEqual([sums.of('a'), sums.waiting()], [7, 2]);
  sums.takeUnderWay(10);
  sums.arrived();
  assert.deepEqual([sums.of('a'), sums.of('b'), sums.waiting()], [0, 0, 0]);
});

test('what is under way can always be put back: a sum for which that would be too much is refused', () => {
  const sums = createUnflushedSums(10);
  sums.add('a', Number.MAX_SAFE_INTEGER);
  sums.takeUnderWay(10);
  assert.throws(() => sums.add('a', 1), { code: 'COUNTER_TOO_LARGE' });
  sums.add('a', -1);
  sums.putBack();
  assert.equal(sums.of('a'), Number.MAX_SAFE_INTEGER - 1);
});

test('there is room for so many counters, those under way among them', () => {
  const sums = createUnflushedSums(2);
  sums.add('a', 1);
  sums.takeUnderWay(10);
  sums.add('b', 1);
  assert.throws(() => sums.add('c', 1), { code: 'OVERLOADED' });
  sums.add('b', 1);
  sums.arrived();
  sums.add('c', 1);
  assert.deepEqual([sums.of('b'), sums.of('c')], [2, 1]);
});
