import assert from 'node:assert/strict';
import { test } from 'node:test';
import { peakOverlap } from './peak-overlap.ts';

test('counts the most spans that overlap at once, in whatever order they come', () => {
  const spans = [
    [20, 30],
    [0, 10],
    [5, 25],
    [22, 24],
    [8, 21],
  ] as const;
  assert.equal(peakOverlap(spans), 3);
  assert.equal(peakOverlap(spans.toReversed()), 3);
});

test('a span that begins when another ends does not overlap it', () => {
  assert.equal(
    peakOverlap([
      [0, 10],
      [10, 20],
    ]),
    1,
  );
});

test('without spans nothing is known', () => assert.equal(peakOverlap([]), null));
