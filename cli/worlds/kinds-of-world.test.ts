import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCandidate } from '../../app/candidates/parse-candidate.ts';
import type { ProcessKind } from '../../app/contract/process-kind.ts';
import { teller, worker } from '../../tests/support/tiny-kinds.ts';
import { furtherKindsOf, kindsOfWorld } from './kinds-of-world.ts';

test('the caches ask for no process beside the replicas', () => {
  assert.deepEqual(furtherKindsOf(parseCandidate('versioned')), []);
});

test('where one candidate asks for a system, its witnesses look at the world of each', () => {
  const [plain, pushed] = [parseCandidate('no-cache'), parseCandidate('feed=push,workers=2')];
  const named = (kinds: readonly ProcessKind[]) => kinds.map(({ name, count }) => `${count} ${name}`);
  assert.deepEqual(named(furtherKindsOf(plain, [plain, pushed])), ['1 feed-witness']);
  assert.deepEqual(named(furtherKindsOf(pushed, [plain, pushed])), ['2 worker', '1 feed-witness']);
  assert.deepEqual(furtherKindsOf(plain, [plain, parseCandidate('versioned')]), []);
});

test('where nothing is compared, no witness looks', () => {
  const kinds = furtherKindsOf(parseCandidate('feed=push'));
  assert.deepEqual(
    kinds.map(({ name }) => name),
    ['worker'],
  );
});

test('load goes to the replicas, unless another kind stands before them', () => {
  const takers = (further: Parameters<typeof kindsOfWorld>[1]) =>
    kindsOfWorld(2, further).flatMap(({ name, takesLoad }) => (takesLoad ? [name] : []));
  assert.deepEqual(takers([]), ['service']);
  assert.deepEqual(takers([worker]), ['service']);
  assert.deepEqual(takers([worker, { ...teller, takesLoad: true }]), ['teller']);
});
