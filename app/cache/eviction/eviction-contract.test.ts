import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { createBoundedStore } from '../bounded-store/bounded-store.ts';
import type { BoundedStore } from '../bounded-store/eviction-policy.ts';
import { evictionPolicies } from './index.ts';

type Value = { readonly text: string };

function setUp(name: keyof typeof evictionPolicies, bytesMax: number) {
  const evicted: string[] = [];
  const store: BoundedStore<Value> = createBoundedStore(evictionPolicies[name], {
    bytesMax,
    onEvict: (key, value) => void evicted.push(`${key}=${value.text}`),
  });
  return { store, evicted };
}

const operations = fc.array(
  fc.record({
    kind: fc.constantFrom('set', 'set', 'set', 'resize', 'get', 'get', 'peek', 'delete', 'clear'),
    key: fc.integer({ min: 0, max: 30 }).map((id) => `k${id}`),
    bytes: fc.oneof(
      { weight: 9, arbitrary: fc.integer({ min: 1, max: 12 }) },
      { weight: 1, arbitrary: fc.integer({ min: 12, max: 110 }) },
    ),
  }),
  { maxLength: 200 },
);

for (const name of Object.keys(evictionPolicies) as (keyof typeof evictionPolicies)[]) {
  describe(`eviction ${name}`, () => {
    test('is listed by its own name', () => assert.equal(evictionPolicies[name].name, name));

    test('holds what was put in, never more bytes than it may, and tells each eviction once', () => {
      fc.assert(
        fc.property(operations, fc.integer({ min: 12, max: 100 }), (steps, bytesMax) => {
          const { store, evicted } = setUp(name, bytesMax);
          /** What may be in it: all that was put in and neither deleted nor evicted. */
          const model = new Map<string, { value: Value; bytes: number }>();
          for (const [step, { kind, key, bytes }] of steps.entries()) {
            if (kind === 'set' || kind === 'resize') {
              const value = (kind === 'resize' && model.get(key)?.value) || { text: `v${step}` };
              store.set(key, value, bytes);
              if (bytes <= bytesMax) model.set(key, { value, bytes });
              else model.delete(key);
            }
            if (kind === 'delete') assert.equal(store.delete(key), model.delete(key));
            if (kind === 'clear') {
              store.clear();
              model.clear();
            }
            for (const one of evicted.splice(0)) {
              const [gone, text] = one.split('=') as [string, string];
              assert.equal(model.get(gone)?.value.text, text, 'what is evicted was there');
              model.delete(gone);
            }
            if (kind === 'get') assert.equal(store.get(key), model.get(key)?.value);
            if (kind === 'peek') assert.equal(store.peek(key), model.get(key)?.value);
            const bytesHeld = [...model.values()].reduce((sum, one) => sum + one.bytes, 0);
            assert.equal(store.size, model.size);
            assert.equal(store.bytes, bytesHeld);
            assert.ok(store.bytes <= bytesMax);
            const keys = [...store.keys()];
            // To sort them at each step takes most of the time: only where they differ, to tell how.
            if (
              new Set(keys).size !== keys.length ||
              keys.length !== model.size ||
              !keys.every((one) => model.has(one))
            )
              assert.deepEqual(keys.toSorted(), [...model.keys()].toSorted());
          }
        }),
        { numRuns: 300 },
      );
    });

    test('what is larger than its bound is not kept, and nothing else is lost for it', () => {
      const { store, evicted } = setUp(name, 10);
      store.set('a', { text: 'a' }, 4);
      store.set('b', { text: 'b' }, 11);
      assert.deepEqual([store.peek('b'), store.peek('a')?.text, evicted.length], [undefined, 'a', 0]);
      store.set('a', { text: 'larger' }, 11);
      assert.deepEqual([store.peek('a'), store.size, store.bytes], [undefined, 0, 0]);
    });

    test('what is asked for again and again gets in, though entries are large and others were hot', () => {
      const { store } = setUp(name, 100);
      for (const key of ['a', 'b', 'small', 'a', 'b', 'a', 'b'])
        if (store.get(key) === undefined) store.set(key, { text: key }, key === 'small' ? 1 : 39);
      const isHit = Array.from({ length: 40 }, () => {
        if (store.get('hot') !== undefined) return true;
        store.set('hot', { text: 'hot' }, 39);
        return false;
      });
      assert.ok(isHit.at(-1));
    });

    test('ten thousand entries come and go', () => {
      const { store } = setUp(name, 1_000);
      for (let id = 0; id < 10_000; id += 1) {
        store.set(`k${id}`, { text: String(id) }, 1 + (id % 3));
        if (id % 7 === 0) store.delete(`k${id - 3}`);
        store.get(`k${id - 5}`);
      }
      assert.ok(store.size > 300 && store.bytes <= 1_000);
      for (const key of store.keys()) assert.equal(`k${store.peek(key)?.text}`, key);
    });
  });
}
