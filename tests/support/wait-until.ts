import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';

/** A busy machine takes its time: only what never comes is a failure. */
const patienceMs = 120_000;

/** What is there soon is noticed soon; to ask for what takes seconds, again and again, would take the CPU that it needs itself. */
const [firstPauseMs, longestPauseMs] = [5, 100];
/** So is what takes long noticed after a tenth more of its time at most. */
const pauseGrowth = 1.1;

/**
 * Asks again and again until real processes have done what they do; fails when that takes longer than `limitMs`. `pauseMs`: between
 * two questions, where they are costly.
 */
export async function waitUntil(
  condition: () => boolean | Promise<boolean>,
  limitMs = patienceMs,
  pauseMs?: number,
): Promise<void> {
  const giveUpAt = performance.now() + limitMs;
  for (let ownPauseMs = firstPauseMs; !(await condition()); ownPauseMs *= pauseGrowth) {
    assert.ok(performance.now() < giveUpAt, `not so within ${limitMs} ms: ${String(condition)}`);
    await pause(pauseMs ?? Math.min(ownPauseMs, longestPauseMs));
  }
}
