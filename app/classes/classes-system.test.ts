import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allowedBy } from '../cache/settings/chosen-strategy.ts';
import { parseCandidate } from '../candidates/parse-candidate.ts';
import { allowedByCandidate } from './system.ts';

test('a class that no write takes out adds to what its candidate allows', () => {
  const allowedIn = (text: string) => allowedByCandidate(parseCandidate(text));
  const plain = allowedBy(parseCandidate('versioned').cache);
  assert.ok(!plain.includes('no-invalidation'));
  assert.deepEqual(allowedIn('versioned'), plain);
  assert.deepEqual(allowedIn('versioned:comments-ttl=5s,photo-invalidation=write'), plain);
  assert.deepEqual(allowedIn('versioned:comments-invalidation=ttl,photo-invalidation=ttl'), [
    ...plain,
    'no-invalidation',
  ]);
  // Where no write is heard of at all, nothing is added.
  assert.deepEqual(allowedIn('ttl-only:photo-invalidation=ttl'), ['no-invalidation']);
});
