import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { ReadOutcome, StoredIn } from '../cache/cache.ts';
import { createFormatCacheStatus } from './cache-status.ts';

const status = (
  stack: string,
  outcome: ReadOutcome,
  freshForMs = 0,
  storedIn: StoredIn = outcome === 'load'
    ? (stack as StoredIn)
    : outcome.startsWith('redis')
      ? 'memory'
      : 'none',
) => createFormatCacheStatus(stack)({ outcome, freshUntil: 500 + freshForMs, storedIn }, 500);

it('names the tiers that were asked, the one nearest to storage first', () => {
  assert.equal(status('memory+redis', 'memory-hit', 12_999), 'memory; hit; ttl=12');
  assert.equal(status('memory+redis', 'redis-hit', 5_000), 'redis; hit; ttl=5, memory; fwd=miss; stored');
  assert.equal(status('memory+redis', 'load'), 'redis; fwd=miss; stored, memory; fwd=miss; stored');
  assert.equal(
    status('memory+redis', 'joined-load'),
    'redis; fwd=miss; collapsed, memory; fwd=miss; collapsed',
  );
  assert.equal(status('memory', 'memory-hit', 1_000), 'memory; hit; ttl=1');
  assert.equal(status('memory', 'load'), 'memory; fwd=miss; stored');
  assert.equal(status('redis', 'redis-hit', 1_000), 'redis; hit; ttl=1');
  assert.equal(status('redis', 'load'), 'redis; fwd=miss; stored');
});

it('says stored of the tiers that have taken the entry, and of no other', () => {
  const load = (stack: string, storedIn: StoredIn) => status(stack, 'load', 0, storedIn);
  assert.equal(load('memory+redis', 'memory'), 'redis; fwd=miss, memory; fwd=miss; stored');
  assert.equal(load('memory+redis', 'redis'), 'redis; fwd=miss; stored, memory; fwd=miss');
  assert.equal(load('memory+redis', 'none'), 'redis; fwd=miss, memory; fwd=miss');
  assert.equal(load('redis', 'none'), 'redis; fwd=miss');
  assert.equal(load('memory', 'none'), 'memory; fwd=miss');
  assert.equal(status('memory+redis', 'redis-hit', 5_000, 'none'), 'redis; hit; ttl=5, memory; fwd=miss');
});

it('writes the age past the TTL of a stale hit', () => {
  assert.equal(status('memory', 'memory-stale-hit', -1_500), 'memory; hit; ttl=-2');
  const fromRedis = 'redis; hit; ttl=-1, memory; fwd=miss; stored';
  assert.equal(status('memory+redis', 'redis-stale-hit', -1_000), fromRedis);
});

it('says that no tier was asked', () => {
  assert.equal(status('none', 'bypass'), 'darkroom; fwd=bypass');
  assert.equal(status('memory+redis', 'bypass'), 'darkroom; fwd=bypass');
});
