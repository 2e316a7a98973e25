import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { ReadOutcome } from '../cache/cache.ts';
import { createFormatCacheStatus } from './cache-status.ts';

const status = (stack: string, outcome: ReadOutcome, freshForMs = 0) =>
  createFormatCacheStatus(stack)({ outcome, freshUntil: 500 + freshForMs }, 500);

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

it('writes the age past the TTL of a stale hit', () => {
  assert.equal(status('memory', 'memory-stale-hit', -1_500), 'memory; hit; ttl=-2');
  const fromRedis = 'redis; hit; ttl=-1, memory; fwd=miss; stored';
  assert.equal(status('memory+redis', 'redis-stale-hit', -1_000), fromRedis);
});

it('says that no tier was asked', () => {
  assert.equal(status('none', 'bypass'), 'darkroom; fwd=bypass');
  assert.equal(status('memory+redis', 'bypass'), 'darkroom; fwd=bypass');
});
