import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSingleFlight } from './single-flight.ts';

test('readers of one key share one flight until it lands', async () => {
  const flights = createSingleFlight<number>();
  const flight = flights.open('photo:1');
  assert.equal(flights.current('photo:1'), flight);
  assert.equal(flights.current('photo:2'), undefined);
  flight.succeed(7);
  assert.equal(flights.current('photo:1'), undefined);
  assert.equal(await flight.result, 7);
});

test('a failure reaches everyone who waits, and the next reader starts anew', async () => {
  const flights = createSingleFlight<number>();
  const flight = flights.open('photo:1');
  const waiters = Array.from({ length: 200 }, () => flight.result);
  const reason = new RangeError('storage is away');
  flight.fail(reason);
  for (const outcome of await Promise.allSettled(waiters)) {
    assert.deepEqual(outcome, { status: 'rejected', reason });
  }
  assert.equal(flights.current('photo:1'), undefined);
});

test('a failure that nobody waits for is no unhandled rejection', async () => {
  const unhandled: unknown[] = [];
  const note = (reason: unknown) => void unhandled.push(reason);
  process.on('unhandledRejection', note);
  createSingleFlight<number>().open('photo:1').fail(new RangeError('storage is away'));
  // Unhandled rejections are told after the microtasks of the tick that made them.
  await new Promise((resolve) => setImmediate(resolve));
  process.off('unhandledRejection', note);
  assert.deepEqual(unhandled, []);
});

test('a forgotten flight still answers its waiters, is marked, and is joined no more', async () => {
  const flights = createSingleFlight<number>();
  const flight = flights.open('photo:1');
  flights.forget('photo:1');
  assert.equal(flight.isForgotten, true);
  assert.equal(flights.current('photo:1'), undefined);
  flight.succeed(1);
  assert.equal(await flight.result, 1);
});

test('a forgotten flight that lands takes out the one that replaced it', () => {
  const flights = createSingleFlight<number>();
  const first = flights.open('photo:1');
  flights.forget('photo:1');
  const second = flights.open('photo:1');
  first.succeed(1);
  assert.equal(flights.current('photo:1'), undefined);
  assert.equal(second.isForgotten, true);
  const third = flights.open('photo:1');
  third.succeed(3);
  assert.equal(third.isForgotten, false);
});

test('forgetting everything marks every flight', () => {
  const flights = createSingleFlight<number>();
  const open = ['photo:1', 'photo:2'].map((key) => flights.open(key));
  flights.forgetAll();
  assert.deepEqual(
    open.map(({ isForgotten }) => isForgotten),
    [true, true],
  );
});
