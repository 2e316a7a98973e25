import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFakeClock } from '../../tests/support/fake-clock.ts';
import { createCircuitBreaker } from './circuit-breaker.ts';

/** Calls against a dependency that always fails; returns how many got through. */
function callsThrough(breaker: ReturnType<typeof createCircuitBreaker>, calls: number): number {
  let through = 0;
  for (let call = 0; call < calls; call += 1) {
    if (!breaker.allows()) continue;
    through += 1;
    breaker.failed();
  }
  return through;
}

test('ML-8: a failing dependency is left alone after a few calls', () => {
  const breaker = createCircuitBreaker(createFakeClock());
  assert.equal(callsThrough(breaker, 1_000), 5);
});

test('later, one call at a time tries again', () => {
  const clock = createFakeClock();
  const breaker = createCircuitBreaker(clock);
  callsThrough(breaker, 10);
  clock.advance(1_000);
  assert.equal(breaker.allows(), true);
  assert.equal(breaker.allows(), false, 'the first is still under way');
  breaker.failed();
  assert.equal(callsThrough(breaker, 100), 0);
});

test('one success closes it', () => {
  const clock = createFakeClock();
  const breaker = createCircuitBreaker(clock);
  callsThrough(breaker, 10);
  clock.advance(1_000);
  assert.equal(breaker.allows(), true);
  breaker.succeeded();
  assert.equal(callsThrough(breaker, 100), 5);
});

test('failures among successes do not open it', () => {
  const breaker = createCircuitBreaker(createFakeClock());
  for (let call = 0; call < 100; call += 1) {
    assert.equal(breaker.allows(), true);
    if (call % 2 === 0) breaker.failed();
    else breaker.succeeded();
  }
});
