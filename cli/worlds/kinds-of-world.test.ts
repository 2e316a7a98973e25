import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCandidate } from '../../app/candidates/parse-candidate.ts';
import { teller, worker } from '../../tests/support/tiny-kinds.ts';
import { furtherKindsOf, kindsOfWorld } from './kinds-of-world.ts';

test('the caches ask for no process beside the replicas', () => {
  assert.deepEqual(furtherKindsOf(parseCandidate('versioned')), []);
});

test('load goes to the replicas, unless another kind stands before them', () => {
  const takers = (further: Parameters<typeof kindsOfWorld>[1]) =>
    kindsOfWorld(2, further).flatMap(({ name, takesLoad }) => (takesLoad ? [name] : []));
  assert.deepEqual(takers([]), ['service']);
  assert.deepEqual(takers([worker]), ['service']);
  assert.deepEqual(takers([worker, { ...teller, takesLoad: true }]), ['teller']);
});
