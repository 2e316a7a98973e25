import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';

/** A busy machine takes its time: only what never comes is a failure. */
const patienceMs = 120_000;

/**
 * The first pause between two questions is short, so that what happens soon is noticed soon. Later ones are
 * longer: to ask again and again would take the CPU that a slow event needs itself.
 */
const [firstPauseMs, longestPauseMs] = [5, 100];
/**
 * Each pause is a tenth longer than the one before, so that a slow event is noticed after a tenth more of its
 * time at most.
 */
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
