import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { createBoundedStore } from '../bounded-store/bounded-store.ts';
import { numberKeys, textKeys } from '../bounded-store/key-kinds.ts';
import type { KeyKind } from '../bounded-store/key-kinds.ts';
import { noSlot } from '../bounded-store/slot-lists.ts';
import { createSlotStore } from '../bounded-store/slot-store.ts';
import { evictionPolicies } from './index.ts';

const operations = fc.array(
  fc.record({
    kind: fc.constantFrom('set', 'set', 'get', 'get', 'get', 'delete', 'clear'),
    key: fc.integer({ min: 0, max: 3_000 }),
    bytes: fc.integer({ min: 1, max: 12 }),
  }),
  { maxLength: 400 },
);

/** The hash of a text that a number is written as, so that sketches count alike. */
const likeText: KeyKind<number> = { ...numberKeys, hash: (key) => textKeys.hash(String(key)) };

for (const [name, policy] of Object.entries(evictionPolicies))
  test(`${name} decides over numbers as over texts`, () => {
    fc.assert(
      fc.property(operations, fc.integer({ min: 12, max: 200 }), (steps, bytesMax) => {
        const told = { texts: [] as string[], numbers: [] as string[] };
        const texts = createBoundedStore<object>(policy, {
          bytesMax,
          onEvict: (key) => void told.texts.push(key),
        });
        const numbers = createSlotStore(policy, {
          keyKind: likeText,
          bytesMax,
          onLeave: (_, key, isEvicted) => void (isEvicted && told.numbers.push(String(key))),
        });
        for (const { kind, key, bytes } of steps) {
          const text = String(key);
          const held = numbers.slotOf(key);
          if (kind === 'get') assert.equal(numbers.use(key) !== noSlot, texts.get(text) !== undefined);
          if (kind === 'set') {
            texts.set(text, {}, bytes);
            const slot = held === noSlot ? numbers.add(key, bytes) : held;
            if (held !== noSlot) numbers.renew(slot, bytes);
            else if (slot !== noSlot) numbers.settle(slot);
          }
          if (kind === 'delete' && texts.delete(text)) numbers.remove(held);
          if (kind === 'clear') {
            texts.clear();
            numbers.clear();
          }
          // What the step evicted, in its order.
          assert.equal(told.numbers.splice(0).join(), told.texts.splice(0).join());
          assert.equal(numbers.size, texts.size);
          assert.equal(numbers.bytes, texts.bytes);
        }
        assert.deepEqual([...numbers.keys()].map(String).toSorted(), [...texts.keys()].toSorted());
      }),
      { numRuns: 200 },
    );
  });
