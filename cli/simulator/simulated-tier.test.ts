import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { lru } from '../../app/cache/eviction/lru.ts';
import { createEndQueue } from './end-queue.ts';
import { createSimulatedTier } from './simulated-tier.ts';
import type { TierSettings } from './simulated-tier.ts';

const memory: TierSettings = {
  policy: lru,
  bytesMax: 3,
  staleMs: 0,
  promotion: 'always',
  expiry: 'when-met',
  whenFull: 'evict',
};
const redis: TierSettings = { ...memory, expiry: 'by-itself' };

/** Fills objects of a byte each, and says which of the first ten are found at the end. */
function foundAfter(
  settings: TierSettings,
  fills: readonly { object: number; nowMs: number; endMs: number }[],
) {
  const tier = createSimulatedTier(settings);
  for (const { object, nowMs, endMs } of fills) tier.fill(object, 1, false, nowMs, endMs);
  const lastMs = fills.at(-1)?.nowMs ?? 0;
  return Array.from({ length: 10 }, (_, object) => object).filter((object) => tier.find(object, lastMs) >= 0);
}

describe('a simulated tier', () => {
  const oldButFresh = { object: 0, nowMs: 0, endMs: 1_000 };
  const ended = [1, 2].map((object) => ({ object, nowMs: 1, endMs: 10 }));
  const fills = [oldButFresh, ...ended, { object: 3, nowMs: 20, endMs: 1_000 }];

  test('of redis loses what has ended by itself, and so evicts nothing that is fresh', () => {
    assert.deepEqual(foundAfter(redis, fills), [0, 3]);
  });

  test('of memory holds what has ended until it is met', () => {
    assert.deepEqual(foundAfter(memory, fills), [3]);
  });

  test('keeps for as long as a strategy serves what is stale', () => {
    assert.deepEqual(foundAfter({ ...redis, staleMs: 30 }, fills), [1, 2, 3]);
  });

  test('knows an end that a new value has put off', () => {
    const renewed = [
      { object: 0, nowMs: 0, endMs: 10 },
      { object: 0, nowMs: 5, endMs: 1_000 },
    ];
    assert.deepEqual(foundAfter(redis, [...renewed, { object: 3, nowMs: 20, endMs: 1_000 }]), [0, 3]);
  });

  test('without eviction declines what is new while it is full, and takes it once something has ended', () => {
    const full = [0, 1, 2].map((object) => ({ object, nowMs: 0, endMs: object === 1 ? 10 : 1_000 }));
    const declining = { ...redis, whenFull: 'decline' } as const;
    const late = [...full, { object: 3, nowMs: 5, endMs: 1_000 }];
    assert.deepEqual(foundAfter(declining, late), [0, 1, 2]);
    assert.deepEqual(foundAfter(declining, [...late, { object: 4, nowMs: 10, endMs: 1_000 }]), [0, 2, 4]);
  });
});

test('slots come out of the queue in the order of their ends, whatever was put off or left before', () => {
  const changes = fc.array(
    fc.record({ slot: fc.nat(100), endMs: fc.nat(50), leaves: fc.constantFrom(true, false, false) }),
  );
  fc.assert(
    fc.property(changes, (all) => {
      const ends = new Map<number, number>();
      const queue = createEndQueue((slot) => ends.get(slot) ?? 0);
      for (const { slot, endMs, leaves } of all) {
        if (leaves) queue.leave(slot);
        if (leaves) ends.delete(slot);
        else queue.put((ends.set(slot, endMs), slot));
      }
      const left: (number | undefined)[] = [];
      for (let slot = queue.first(); slot >= 0; slot = queue.first()) {
        left.push(ends.get(slot));
        queue.leave(slot);
      }
      assert.deepEqual(
        left,
        [...ends.values()].toSorted((a, b) => a - b),
      );
    }),
  );
});
