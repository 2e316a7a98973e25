import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCandidate } from '../candidates/parse-candidate.ts';
import { lifetimesOf } from './open-recorder.ts';

test('what is recorded of lifetimes is what the service gives: of feeds, of a class, of everything else', () => {
  const lifetimeMs = lifetimesOf(parseCandidate('cache-aside:ttl=1m,feed-ttl=3s,profile-ttl=10s'));
  assert.equal(lifetimeMs('feed'), 3_000);
  assert.equal(lifetimeMs('profile_grid'), 10_000);
  assert.equal(lifetimeMs('followers'), 10_000);
  assert.equal(lifetimeMs('photo'), 60_000);
});
