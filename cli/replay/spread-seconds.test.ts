import assert from 'node:assert/strict';
import { test } from 'node:test';
import { areWholeSeconds, spreadSeconds } from './spread-seconds.ts';

test('what is known to the second is spread over it, in its order', () => {
  const times = [5e6, 5e6, 5e6, 5e6, 7e6, 9e6, 9e6];
  assert.equal(areWholeSeconds(times), true);
  assert.deepEqual(spreadSeconds(times), [5e6, 5.25e6, 5.5e6, 5.75e6, 7e6, 9e6, 9.5e6]);
});

test('times that are known better are left as they are', () => {
  assert.equal(areWholeSeconds([5e6, 5.1e6]), false);
  // One alone says nothing of how its like are told.
  assert.equal(areWholeSeconds([5e6]), false);
  assert.deepEqual(spreadSeconds([]), []);
});
