import assert from 'node:assert/strict';
import { describe, it, test } from 'node:test';
import { nextLeadMs, passLengthSeconds } from './endless-load.ts';

test('a pass lasts ten minutes, the first one a minute, and none has more than 60,000 requests', () => {
  assert.equal(passLengthSeconds(0, 40), 60);
  assert.equal(passLengthSeconds(1, 40), 600);
  for (const pass of [0, 1, 7])
    for (const rate of [150, 1_000, 5_000]) assert.ok(passLengthSeconds(pass, rate) * rate <= 60_000);
  assert.equal(passLengthSeconds(1, 5_000), 12);
});

describe('how long before its end a pass has the next one started', () => {
  const minuteMs = 60_000;
  const first = { startedAtMs: 0, dueAtMs: null, leadMs: 0 };

  it('is twice what its own start has taken', () => {
    assert.equal(nextLeadMs({ ...first, beganAtMs: 9_000 }, minuteMs, 8_000), 18_000);
    assert.equal(nextLeadMs({ ...first, beganAtMs: 1_000 }, minuteMs, 8_000), 8_000);
  });

  it('stays what it was after one that was ready, and grows after one that was not', () => {
    const later = { startedAtMs: 0, dueAtMs: 12_000, leadMs: 12_000 };
    assert.equal(nextLeadMs({ ...later, beganAtMs: 12_050 }, 10 * minuteMs, 8_000), 12_000);
    assert.equal(nextLeadMs({ ...later, beganAtMs: 15_000 }, 10 * minuteMs, 8_000), 30_000);
  });

  it('is half of the pass at most, and no longer than k6 waits', () => {
    assert.equal(nextLeadMs({ ...first, beganAtMs: 50_000 }, minuteMs, 8_000), 30_000);
    assert.equal(nextLeadMs({ ...first, beganAtMs: 50_000 }, 10 * minuteMs, 8_000), 40_000);
  });
});
