import assert from 'node:assert/strict';
import { test } from 'node:test';
import { entityNames } from './entities.ts';
import { lifetimeAxes, longestOwnLifetimeMs, ownLifetimeMsOf } from './entity-lifetimes.ts';

const lifetimes = { feedTtlMs: 3_000 };

test('a feed lives as long as is said of it, and nothing else has a lifetime of its own', () => {
  const own = Object.values(entityNames).filter((name) => ownLifetimeMsOf(name, lifetimes) !== null);
  assert.deepEqual(own, [entityNames.feed]);
  assert.equal(ownLifetimeMsOf(entityNames.feed, lifetimes), 3_000);
  assert.equal(longestOwnLifetimeMs(lifetimes), 3_000);
});

test('every axis is the lifetime of some entity', () => {
  const told = Object.values(lifetimeAxes).map(({ field }) => {
    const asked = { ...lifetimes, [field]: 7 };
    return Object.values(entityNames).some((name) => ownLifetimeMsOf(name, asked) === 7);
  });
  assert.ok(told.every(Boolean));
});
