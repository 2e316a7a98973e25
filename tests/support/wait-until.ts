import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';

/** A busy machine takes its time: only what never comes is a failure. */
const patienceMs = 60_000;

/** Asks again and again until real processes have done what they do; fails when that takes longer than `limitMs`. */
export async function waitUntil(
  condition: () => boolean | Promise<boolean>,
  limitMs = patienceMs,
  pauseMs = 5,
): Promise<void> {
  const giveUpAt = performance.now() + limitMs;
  while (!(await condition())) {
    assert.ok(performance.now() < giveUpAt, `not so within ${limitMs} ms: ${String(condition)}`);
    await pause(pauseMs);
  }
}
