import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createFakeClock } from '../../../tests/support/fake-clock.ts';
import { createBackOff } from './back-off.ts';

describe('work that fails', () => {
  it('rests longer each time, up to a bound, and again briefly once it has got on', () => {
    let done = 0;
    const backOff = createBackOff(
      () => done,
      () => 1,
      createFakeClock(),
    );
    const fail = (times: number) => Array.from({ length: times }, () => backOff.failed());
    assert.deepEqual(fail(6), [1_000, 2_000, 4_000, 8_000, 10_000, 10_000]);
    backOff.succeeded();
    assert.deepEqual(fail(1), [10_000], 'there was nothing to do');
    done += 1;
    assert.deepEqual(fail(2), [1_000, 2_000], 'some of it was done before the rest failed');
    done += 1;
    backOff.succeeded();
    assert.deepEqual(fail(1), [1_000]);
  });

  it('does not rest as long as others that failed together with it', () => {
    const rests = [0, 0.5, 1].map((share) =>
      createBackOff(
        () => 0,
        () => share,
        createFakeClock(),
      ).failed(),
    );
    assert.deepEqual(rests, [500, 750, 1_000]);
  });

  it('is not begun while it rests, by the clock of its world', () => {
    const clock = createFakeClock();
    const backOff = createBackOff(
      () => 0,
      () => 1,
      clock,
    );
    assert.equal(backOff.isResting(), false);
    const restMs = backOff.failed();
    clock.advance(restMs - 1);
    assert.equal(backOff.isResting(), true);
    clock.advance(1);
    assert.equal(backOff.isResting(), false);
    backOff.failed();
    backOff.endRest();
    assert.equal(backOff.isResting(), false);
  });
});
