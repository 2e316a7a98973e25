import assert from 'node:assert/strict';
import { test } from 'node:test';
import { operations } from '../../app/contract/operations.ts';
import type { OperationName } from '../../app/contract/operations.ts';
import { randomAt, streams } from './counter-random.ts';
import { mixes, operationAt } from './operation-mix.ts';

const shares = mixes['social-default'];

test('social-default sums to the whole, has 91 % reads and 44.7 likes per post', () => {
  const total = Object.values(shares).reduce((sum, share) => sum + share, 0);
  const isRead = (name: string): boolean => operations[name as OperationName].method === 'GET';
  const reads = Object.entries(shares).filter(([name]) => isRead(name));
  assert.equal(total, 10_000);
  assert.equal(
    reads.reduce((sum, [, share]) => sum + share, 0),
    9_100,
  );
  assert.equal((shares.like / shares.post).toFixed(1), '44.7');
  assert.equal(shares.editCaption + shares.deletePhoto, 3);
});

test('every mix sums to the whole', () => {
  for (const [name, mix] of Object.entries(mixes)) {
    const all: readonly number[] = Object.values(mix);
    assert.equal(
      all.reduce((sum, share) => sum + share, 0),
      10_000,
      name,
    );
    assert.ok(
      all.every((share) => Number.isInteger(share) && share > 0),
      name,
    );
  }
});

test('gives each operation exactly its part of [0, 1)', () => {
  const counts = new Map<OperationName, number>();
  for (let step = 0; step < 10_000; step += 1) {
    const operation = operationAt('social-default', (step + 0.5) / 10_000);
    counts.set(operation, (counts.get(operation) ?? 0) + 1);
  }
  for (const [name, share] of Object.entries(shares))
    assert.equal(counts.get(name as OperationName), share, name);
});

test('a drawn mix fits', () => {
  const n = 200_000;
  const counts: Partial<Record<OperationName, number>> = {};
  for (let index = 0; index < n; index += 1) {
    const operation = operationAt('social-default', randomAt(1, 2, streams.operation, index));
    counts[operation] = (counts[operation] ?? 0) + 1;
  }
  const chiSquare = Object.entries(shares).reduce((sum, [name, share]) => {
    const expected = (n * share) / 10_000;
    return sum + ((counts[name as OperationName] ?? 0) - expected) ** 2 / expected;
  }, 0);
  // 11 degrees of freedom: 99.99 % lie below 38.
  assert.ok(chiSquare < 38, `chi-square ${chiSquare}`);
});
