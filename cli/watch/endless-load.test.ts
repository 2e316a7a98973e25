import assert from 'node:assert/strict';
import { test } from 'node:test';
import { passLengthSeconds } from './endless-load.ts';

test('a pass lasts ten minutes, the first one a minute, and none has more than 60,000 requests', () => {
  assert.equal(passLengthSeconds(0, 40), 60);
  assert.equal(passLengthSeconds(1, 40), 600);
  for (const pass of [0, 1, 7])
    for (const rate of [150, 1_000, 5_000]) assert.ok(passLengthSeconds(pass, rate) * rate <= 60_000);
  assert.equal(passLengthSeconds(1, 5_000), 12);
});
