import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { ReadOutcome, StoredIn } from '../cache/cache.ts';
import { createFormatCacheStatus } from './cache-status.ts';

const stacks = {
  none: { local: null, shared: null },
  memory: { local: 'memory', shared: null },
  redis: { local: null, shared: 'redis' },
  'memory+redis': { local: 'memory', shared: 'redis' },
} as const;
const everywhere = { none: 'none', memory: 'local', redis: 'shared', 'memory+redis': 'both' } as const;

const status = (
  stack: keyof typeof stacks,
  outcome: ReadOutcome,
  freshForMs = 0,
  storedIn: StoredIn = outcome === 'load'
    ? everywhere[stack]
    : outcome.startsWith('shared')
      ? 'local'
      : 'none',
) => createFormatCacheStatus(stacks[stack])({ outcome, freshUntil: 500 + freshForMs, storedIn }, 500);

it('names the tiers that were asked, the one nearest to storage first', () => {
  assert.equal(status('memory+redis', 'local-hit', 12_999), 'memory; hit; ttl=12');
  assert.equal(status('memory+redis', 'shared-hit', 5_000), 'redis; hit; ttl=5, memory; fwd=miss; stored');
  assert.equal(status('memory+redis', 'load'), 'redis; fwd=miss; stored, memory; fwd=miss; stored');
  assert.equal(
    status('memory+redis', 'joined-load'),
    'redis; fwd=miss; collapsed, memory; fwd=miss; collapsed',
  );
  assert.equal(status('memory', 'local-hit', 1_000), 'memory; hit; ttl=1');
  assert.equal(status('memory', 'load'), 'memory; fwd=miss; stored');
  assert.equal(status('redis', 'shared-hit', 1_000), 'redis; hit; ttl=1');
  assert.equal(status('redis', 'load'), 'redis; fwd=miss; stored');
});

it('says stored of the tiers that have taken the entry, and of no other', () => {
  const load = (stack: keyof typeof stacks, storedIn: StoredIn) => status(stack, 'load', 0, storedIn);
  assert.equal(load('memory+redis', 'local'), 'redis; fwd=miss, memory; fwd=miss; stored');
  assert.equal(load('memory+redis', 'shared'), 'redis; fwd=miss; stored, memory; fwd=miss');
  assert.equal(load('memory+redis', 'none'), 'redis; fwd=miss, memory; fwd=miss');
  assert.equal(load('redis', 'none'), 'redis; fwd=miss');
  assert.equal(load('memory', 'none'), 'memory; fwd=miss');
  assert.equal(status('memory+redis', 'shared-hit', 5_000, 'none'), 'redis; hit; ttl=5, memory; fwd=miss');
});

it('writes the age past the TTL of a stale hit', () => {
  assert.equal(status('memory', 'local-stale-hit', -1_500), 'memory; hit; ttl=-2');
  const fromRedis = 'redis; hit; ttl=-1, memory; fwd=miss; stored';
  assert.equal(status('memory+redis', 'shared-stale-hit', -1_000), fromRedis);
});

it('says that no tier was asked', () => {
  assert.equal(status('none', 'bypass'), 'darkroom; fwd=bypass');
  assert.equal(status('memory+redis', 'bypass'), 'darkroom; fwd=bypass');
});
