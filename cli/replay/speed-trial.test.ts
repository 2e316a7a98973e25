import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inventPlan, inventTogether } from '../../tests/support/invented-experiment.ts';
import { isLimitFound, planSpeedTrial, stepsCarried, troubleOfStep } from './speed-trial.ts';

test('each step asks for half as much again, over the recording from its first request on', () => {
  const { replay, rates } = planSpeedTrial({ worlds: 4, cores: 2 });
  assert.ok(rates.length > 5 && (rates.at(-1) ?? 0) <= 150);
  assert.deepEqual(
    rates.slice(1).map((rate, step) => rate / (rates[step] ?? 0)),
    rates.slice(1).map(() => 1.5),
  );
  let first = 0;
  for (const [step, round] of replay.rounds.entries()) {
    assert.equal(round.first, first);
    assert.equal(round.requests, Math.round((rates[step] ?? 0) * 4));
    assert.equal(
      round.spread.requests.reduce((sum, held) => sum + held, 0),
      round.requests,
    );
    assert.ok(round.spread.requests.every((held) => held <= round.spread.placesPerStretch));
    first += round.requests;
  }
});

const plan = inventPlan('together', ['no-cache', 'versioned']);
const shape = { medianMs: 4, queries: 1, memoryHits: 0 };
const { blocks, rounds } = inventTogether(
  Object.fromEntries(plan.candidates.map(({ label }) => [label, shape])),
);

const failingIn = (...numbers: readonly number[]) =>
  blocks.map((block) =>
    numbers.includes(block.round) && block.candidate === 'versioned'
      ? { ...block, errors: block.requests }
      : block,
  );

test('steps count up to the first two in a row that one of the candidates did not carry', () => {
  assert.equal(stepsCarried({ blocks, rounds }), rounds.length);
  const failing = { blocks: failingIn(3, 4), rounds };
  assert.equal(stepsCarried(failing), 2);
  assert.equal(isLimitFound(failing), true);
  assert.match(troubleOfStep(failing, 2) ?? '', /requests to versioned failed/);
  assert.equal(troubleOfStep(failing, 1), null);
  // A single bad moment is none.
  for (const step of [1, 5]) {
    assert.equal(stepsCarried({ blocks: failingIn(step), rounds }), rounds.length);
    assert.equal(isLimitFound({ blocks: failingIn(step), rounds: rounds.slice(0, step) }), false);
  }
  assert.equal(stepsCarried({ blocks: failingIn(9), rounds }), 8);
  const slow = inventTogether(
    Object.fromEntries(
      plan.candidates.map(({ label }) => [label, { ...shape, medianMs: label === 'versioned' ? 300 : 4 }]),
    ),
  );
  assert.equal(stepsCarried(slow), 0);
  assert.match(troubleOfStep(slow, 0) ?? '', /of the answers of versioned, 99 % took up to \d+ ms/);
  const dropping = rounds.map((round) => ({ ...round, dropped: round.round >= 2 ? 5 : 0 }));
  assert.equal(stepsCarried({ blocks, rounds: dropping }), 1);
});
