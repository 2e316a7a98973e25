import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { createStackDistances } from './stack-distances.ts';

type Step = { readonly kind: 'read' | 'remove'; readonly object: number };

/** LRU as one writes it down: the newest last. Whether each read was a hit. */
function hitsOfLru(steps: readonly Step[], capacity: number, bytesOf: (object: number) => number): boolean[] {
  let held: number[] = [];
  const bytesHeld = () => held.reduce((sum, object) => sum + bytesOf(object), 0);
  return steps.flatMap(({ kind, object }) => {
    const isHit = held.includes(object);
    held = held.filter((one) => one !== object);
    if (kind === 'remove') return [];
    while (bytesHeld() + bytesOf(object) > capacity) held.shift();
    held.push(object);
    return [isHit];
  });
}

function hitsByDistance(
  steps: readonly Step[],
  capacity: number,
  bytesOf: (object: number) => number,
): boolean[] {
  const distances = createStackDistances();
  return steps.flatMap(({ kind, object }) => {
    if (kind === 'read') return [distances.read(object, bytesOf(object)) <= capacity];
    distances.remove(object);
    return [];
  });
}

const stepsOf = (kinds: readonly Step['kind'][], objects: number) =>
  fc.array(fc.record({ kind: fc.constantFrom(...kinds), object: fc.integer({ min: 0, max: objects - 1 }) }), {
    maxLength: 300,
  });

test('hits are those of LRU at every size, with removals, for objects of one size', () => {
  fc.assert(
    fc.property(stepsOf(['read', 'read', 'read', 'remove'], 25), (steps) => {
      for (let capacity = 1; capacity <= 25; capacity += 3)
        assert.deepEqual(
          hitsByDistance(steps, capacity, () => 1),
          hitsOfLru(steps, capacity, () => 1),
        );
    }),
    { numRuns: 200 },
  );
});

test('hits are those of LRU at every size, for objects of different sizes that are read', () => {
  const bytesOf = (object: number) => 1 + (object % 5);
  fc.assert(
    fc.property(stepsOf(['read'], 25), (steps) => {
      for (let capacity = 5; capacity <= 75; capacity += 7)
        assert.deepEqual(hitsByDistance(steps, capacity, bytesOf), hitsOfLru(steps, capacity, bytesOf));
    }),
    { numRuns: 200 },
  );
});

test('ten thousand objects that come and go keep their distances', () => {
  const distances = createStackDistances();
  for (let round = 0; round < 3; round += 1)
    for (let object = 0; object < 10_000; object += 1) {
      const distance = distances.read(object, 2);
      assert.equal(distance, round === 0 ? Number.POSITIVE_INFINITY : 20_000);
    }
  for (let object = 0; object < 10_000; object += 2) distances.remove(object);
  assert.equal(distances.bytes(), 10_000);
  assert.equal(distances.read(9_999, 2), 2);
});

test('objects of one byte are counted as a list in order of use does, however often it has made room', () => {
  const { read } = createStackDistances();
  const list: number[] = [];
  let state = 4_711;
  for (let step = 0; step < 30_000; step += 1) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    const object = Math.floor(600 * ((state >>> 0) / 2 ** 32) ** 3);
    const at = list.indexOf(object);
    if (at >= 0) list.splice(at, 1);
    list.unshift(object);
    assert.equal(read(object, 1), at < 0 ? Number.POSITIVE_INFINITY : at + 1, `step ${step}`);
  }
});
