import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatCandidate } from '../../app/candidates/format-candidate.ts';
import { evictionPolicies } from '../../app/cache/eviction/index.ts';
import { strategies } from '../../app/cache/strategies/index.ts';
import { CommandError } from '../errors.ts';
import { candidateGrid, roomyCandidate, sizesUpTo } from './candidate-grid.ts';

test('sizes double up to the first that holds everything, and there are few of them', () => {
  assert.deepEqual(sizesUpTo(0), ['128KiB']);
  assert.deepEqual(sizesUpTo(700_000), ['128KiB', '256KiB', '512KiB', '1MiB']);
  assert.equal(sizesUpTo(Number.MAX_SAFE_INTEGER).length, 12);
});

test('the grid has every policy at every size, in both stacks that have a memory, and nothing twice', () => {
  const grid = candidateGrid('versioned', { bytesOfAll: 500_000, replicas: 2 });
  const texts = grid.map(({ candidate }) => formatCandidate(candidate));
  assert.equal(new Set(texts).size, texts.length);
  const policies = Object.keys(evictionPolicies).length;
  assert.equal(texts.length, 2 * (1 + 2 * policies * 3));
  assert.ok(grid.every(({ candidate }) => candidate.cache.strategy === 'versioned'));
});

test('every strategy that keeps something has a grid, of what it allows', () => {
  for (const strategy of Object.keys(strategies)) {
    if (strategy === 'no-cache') continue;
    assert.equal(roomyCandidate(strategy).candidate.cache.strategy, strategy);
    assert.ok(candidateGrid(strategy, { bytesOfAll: 200_000, replicas: 2 }).length > 5, strategy);
  }
});

test('a strategy that keeps nothing, or that there is not, is refused with what to do', () => {
  for (const [strategy, pattern] of [
    ['no-cache', /^no-cache keeps nothing/],
    ['no-cash', /There is no strategy "no-cash"/],
  ] as const)
    assert.throws(
      () => roomyCandidate(strategy),
      (error) => error instanceof CommandError && error.reason === 'usage' && pattern.test(error.message),
    );
});
