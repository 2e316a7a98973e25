import assert from 'node:assert/strict';
import { test } from 'node:test';
import { roundsMin, spreadOfRounds } from './spread-of-rounds.ts';

test('up to the first round that may end an experiment, the spread is the standard deviation', () => {
  assert.equal(spreadOfRounds([]), 0);
  assert.equal(spreadOfRounds([3]), 0);
  assert.ok(Math.abs(spreadOfRounds([1, 2, 3, 4, 5]) - Math.sqrt(2.5)) < 1e-12);
  assert.ok(spreadOfRounds([0, 10, 0, 0, 0, 0]) < spreadOfRounds([0, 10]), 'what came before is forgotten');
});

test('from then on it never shrinks: a narrow interval by chance is not what ends an experiment', () => {
  const wide = [0, 2, 0, 2, 0, 2, 0];
  assert.equal(wide.length, roundsMin);
  const calm = [...wide, 1, 1, 1, 1, 1, 1];
  assert.equal(spreadOfRounds(calm), spreadOfRounds(wide));
  assert.ok(spreadOfRounds([...calm, 9]) > spreadOfRounds(calm));
});
