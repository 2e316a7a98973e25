import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decideRepeat, firstRoundPass, orderOfPass, settlePassOf, warmUpPassOf } from './round-plan.ts';

const random = (stream: number, index: number): number => {
  const x = Math.sin(stream * 127.1 + index * 311.7) * 43758.5453;
  return x - Math.floor(x);
};

test('an order is a permutation, the same for the same pass', () => {
  const candidates = ['a', 'b', 'c', 'd'];
  const order = orderOfPass(candidates, 5, random);
  assert.deepEqual([...order].sort(), candidates);
  assert.deepEqual(orderOfPass(candidates, 5, random), order);
});

test('the orders of many passes put each candidate first about equally often', () => {
  const first = new Map<string, number>();
  for (let pass = 0; pass < 400; pass += 1) {
    const [leader] = orderOfPass(['a', 'b', 'c', 'd'], pass, random);
    first.set(leader as string, (first.get(leader as string) ?? 0) + 1);
  }
  for (const count of first.values()) assert.ok(count > 60 && count < 140, `${count} of 400`);
  assert.equal(first.size, 4);
});

test('a round is repeated twice at most, and four times in all', () => {
  assert.equal(decideRepeat(0, 0), 'repeat');
  assert.equal(decideRepeat(1, 3), 'repeat');
  assert.equal(decideRepeat(2, 2), 'give-up');
  assert.equal(decideRepeat(0, 4), 'give-up');
});

test('every pass of an experiment has requests of its own, whatever its parts', () => {
  const parts = [1, 2, 3, 20];
  const rounds = Array.from({ length: 400 }, (_, round) => firstRoundPass + round);
  const passes = [...parts.map(warmUpPassOf), ...parts.map(settlePassOf), ...rounds];
  assert.equal(new Set(passes).size, passes.length);
  assert.deepEqual([warmUpPassOf(1), settlePassOf(1)], [0, 1], 'the first part as in turns');
});
