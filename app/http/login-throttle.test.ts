import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { createFakeClock } from '../../tests/support/fake-clock.ts';
import { DarkroomError } from '../errors.ts';
import { createLoginThrottle, loginLimits } from './login-throttle.ts';
import type { LoginThrottle } from './login-throttle.ts';

const { perNameAndAddress, perAddress, perName, windowMs } = loginLimits;

let clock: ReturnType<typeof createFakeClock>;
let throttle: LoginThrottle;
/** Attempts that were let through. */
let tried = 0;
beforeEach(() => {
  clock = createFakeClock();
  throttle = createLoginThrottle(clock);
  tried = 0;
});

const wrong = (address: string, name: string) =>
  throttle.attempt(address, name, async () => {
    tried += 1;
    return null;
  });
const right = (address: string, name: string) => throttle.attempt(address, name, async () => 'session');

/** The seconds after which it may be tried again. */
async function refused(attempt: Promise<unknown>): Promise<number> {
  try {
    await attempt;
  } catch (error) {
    assert.ok(error instanceof DarkroomError && error.code === 'TOO_MANY_LOGINS', String(error));
    return error.retryAfterSeconds ?? assert.fail('it does not say when to try again');
  }
  return assert.fail('it was let through');
}

describe('attempts to log in', () => {
  it('are refused from an address under a name once enough have failed, with the time to wait', async () => {
    for (let time = 0; time < perNameAndAddress; time += 1) assert.equal(await wrong('a', 'ann'), null);
    clock.advance(60_000);
    assert.equal(await refused(right('a', 'ann')), (windowMs - 60_000) / 1000, 'the right password too');
    assert.equal(tried, perNameAndAddress);
    assert.equal(await right('a', 'bob'), 'session', 'another name');
    assert.equal(await right('b', 'ann'), 'session', 'from elsewhere');
    clock.advance(windowMs - 60_000);
    assert.equal(await right('a', 'ann'), 'session', 'later');
  });

  it('get no further when many are made at once', async () => {
    const attempts = await Promise.allSettled(Array.from({ length: 100 }, () => wrong('a', 'ann')));
    assert.equal(attempts.filter(({ status }) => status === 'fulfilled').length, perNameAndAddress);
    assert.equal(tried, perNameAndAddress);
  });

  it('are refused from an address that tries many names', async () => {
    for (let time = 0; time < perAddress; time += 1) await wrong('a', `name ${time}`);
    await refused(wrong('a', 'one more'));
    assert.equal(await wrong('b', 'one more'), null);
  });

  it('are refused under a name that many addresses try', async () => {
    for (let time = 0; time < perName; time += 1) await wrong(`address ${time}`, 'ann');
    await refused(right('elsewhere', 'ann'));
  });

  it('that succeed or could not be made count for nothing', async () => {
    for (let time = 0; time < 3 * perName; time += 1) {
      assert.equal(await right('a', 'ann'), 'session');
      await assert.rejects(
        throttle.attempt('a', 'ann', () => Promise.reject(new RangeError('storage is away'))),
        RangeError,
      );
    }
    for (let time = 0; time < perNameAndAddress; time += 1) await wrong('a', 'ann');
    assert.equal(tried, perNameAndAddress);
  });

  it('do not clear what has failed before them', async () => {
    for (let time = 0; time < perAddress; time += 1) {
      await wrong('a', `name ${time}`);
      if (time < perAddress - 1) await right('a', 'mallory');
    }
    await refused(right('a', 'mallory'));
  });

  it('are remembered of a bounded number of names', async () => {
    for (let time = 0; time < perNameAndAddress; time += 1) await wrong('a', 'ann');
    for (let other = 0; other < loginLimits.countedMax; other += 1) await wrong(`${other}`, `${other}`);
    assert.equal(await right('a', 'ann'), 'session');
  });
});
