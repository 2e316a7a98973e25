import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { jitteredTtlMs } from './lifetimes.ts';

test('jitter only subtracts, by at most its share', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 1e9 }),
      fc.double({ min: 0, max: 0.5, noNaN: true }),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      (ttlMs, share, random) => {
        const ttl = jitteredTtlMs(ttlMs, share, () => random);
        assert.ok(ttl <= ttlMs && ttl >= ttlMs * (1 - share) - 1e-6);
      },
    ),
  );
});

test('without jitter every entry gets the whole TTL', () => {
  assert.equal(jitteredTtlMs(5_000, 0, Math.random), 5_000);
});
