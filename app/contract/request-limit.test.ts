import assert from 'node:assert/strict';
import { test } from 'node:test';
import { limitInForce } from './request-limit.ts';

test('a limit that nobody sets is the usual one, and none in lab mode; one that is set holds in both', () => {
  for (const [limit, isLab, expected] of [
    ['auto', false, 7],
    ['auto', true, null],
    ['off', false, null],
    [3, false, 3],
    [3, true, 3],
  ] as const)
    assert.equal(limitInForce(limit, isLab, 7), expected, `${limit} ${isLab}`);
});
