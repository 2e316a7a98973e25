import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createFakeClock } from '../tests/support/fake-clock.ts';
import { createStoppableClock, createSystemClock, createWallClock } from './clock.ts';

describe('the system clock', () => {
  it('shows the time of day and never runs backwards', () => {
    const clock = createSystemClock();
    assert.ok(Math.abs(clock.now() - Date.now()) < 60_000);
    let last = clock.now();
    for (let reading = 0; reading < 1_000; reading += 1) {
      const now = clock.now();
      assert.ok(now >= last);
      last = now;
    }
  });
});

describe('the wall clock', () => {
  it('shows the time of day with fractions, and follows when that is set', (context) => {
    const clock = createWallClock();
    const readings = Array.from({ length: 100 }, () => clock.now());
    assert.ok(readings.some((reading) => !Number.isInteger(reading)));
    const atMs = Date.now();
    for (const setMs of [atMs + 3_600_000, atMs - 86_400_000]) {
      const now = context.mock.method(Date, 'now', () => setMs);
      assert.equal(Math.floor(clock.now()), setMs);
      now.mock.restore();
      assert.ok(Math.abs(clock.now() - Date.now()) < 60_000);
    }
  });
});

describe('a stoppable clock', () => {
  it('runs with its base until it is stopped', () => {
    const base = createFakeClock(1_000);
    const clock = createStoppableClock(base);
    base.advance(5);
    assert.equal(clock.now(), 1_005);
    clock.stop();
    base.advance(100);
    clock.stop();
    base.advance(100);
    assert.equal(clock.now(), 1_005);
  });

  it('goes on where it stood when it is told how long that was', () => {
    const base = createFakeClock(1_000);
    const clock = createStoppableClock(base);
    clock.stop();
    base.advance(500);
    clock.resume(500);
    assert.equal(clock.now(), 1_000);
    base.advance(7);
    assert.equal(clock.now(), 1_007);
    clock.stop();
    base.advance(10);
    clock.resume(510);
    assert.equal(clock.now(), 1_007);
  });
});
