import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sentOperations } from '../../app/contract/operations.ts';
import type { SentOperationName } from '../../app/contract/operations.ts';
import { randomAt, streams } from './counter-random.ts';
import { createOperationDraw, mixes, requestsPerDeletion, requestsPerLogOut } from './operation-mix.ts';
import type { MixName, PlannedOperation } from './operation-mix.ts';

const shares = mixes['social-default'];

test('social-default sums to the whole, has 91 % reads and 44.7 likes per post', () => {
  const total = Object.values(shares).reduce((sum, share) => sum + share, 0);
  const isRead = (name: string): boolean => sentOperations[name as SentOperationName].method === 'GET';
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

/** A mix without what has places of its own. */
function drawnOf(mix: MixName): readonly [PlannedOperation, number][] {
  const placed = ['deletePhoto', 'logOut'];
  return (Object.entries(mixes[mix]) as [PlannedOperation, number][]).filter(
    ([name]) => !placed.includes(name),
  );
}

test('gives each operation exactly its part of [0, 1)', () => {
  for (const mix of Object.keys(mixes) as MixName[]) {
    const drawn = drawnOf(mix);
    const all = drawn.reduce((sum, [, share]) => sum + share, 0);
    const counts = new Map<PlannedOperation, number>();
    const operationAt = createOperationDraw(mix);
    for (let step = 0; step < all; step += 1) {
      const operation = operationAt((step + 0.5) / all);
      counts.set(operation, (counts.get(operation) ?? 0) + 1);
    }
    assert.deepEqual(Object.fromEntries(counts), Object.fromEntries(drawn), mix);
  }
});

test('a drawn mix fits', () => {
  const n = 200_000;
  const counts: Partial<Record<PlannedOperation, number>> = {};
  const operationAt = createOperationDraw('social-default');
  for (let index = 0; index < n; index += 1) {
    const operation = operationAt(randomAt(1, 2, streams.operation, index));
    counts[operation] = (counts[operation] ?? 0) + 1;
  }
  const drawn = drawnOf('social-default');
  const chiSquare = drawn.reduce((sum, [name, share]) => {
    const expected = (n * share) / 9_999;
    return sum + ((counts[name] ?? 0) - expected) ** 2 / expected;
  }, 0);
  // 10 degrees of freedom: 99.99 % lie below 36.
  assert.ok(chiSquare < 36, `chi-square ${chiSquare}`);
});

test('what a mix is made for is in its shares', () => {
  const readShare = (mix: MixName): number =>
    Object.entries(mixes[mix])
      .filter(([name]) => sentOperations[name as PlannedOperation].method === 'GET')
      .reduce((sum, [, share]) => sum + share, 0);
  assert.equal(readShare('write-heavy'), 7_000);
  assert.equal(readShare('star-spikes'), 9_100);
  assert.equal(readShare('crawl'), 9_700);
  assert.ok(mixes['write-heavy'].post > 10 * mixes['social-default'].post);
});

test('a mix deletes a photo in a whole number of requests, or none', () => {
  for (const mix of Object.keys(mixes) as MixName[])
    assert.ok(
      'deletePhoto' in mixes[mix]
        ? Number.isInteger(requestsPerDeletion(mix))
        : requestsPerDeletion(mix) === null,
      mix,
    );
  assert.equal(requestsPerDeletion('write-heavy'), 1_000);
});

test('who logs in logs out: once in forty requests of one mix, and never in the others', () => {
  for (const mix of Object.keys(mixes) as MixName[])
    assert.equal(requestsPerLogOut(mix), mix === 'log-ins' ? 40 : null, mix);
  assert.equal(mixes['log-ins'].logIn, mixes['log-ins'].logOut);
});
