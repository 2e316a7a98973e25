import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { checkEntityName, createKeyMaker, entityNameOf, makeKey } from './keys.ts';

const name = fc.string({ minLength: 1 }).filter((text) => !text.includes(':'));

test('two pairs never share a key, whatever an id contains', () => {
  fc.assert(
    fc.property(name, fc.string(), name, fc.string(), (nameA, idA, nameB, idB) => {
      const isSame = nameA === nameB && idA === idB;
      assert.equal(makeKey(nameA, idA) === makeKey(nameB, idB), isSame);
      assert.equal(entityNameOf(makeKey(nameA, idA)), nameA);
    }),
  );
});

test('a name with a colon is refused', () => {
  for (const bad of ['photo:1', '']) assert.throws(() => checkEntityName(bad), RangeError);
});

test('a key stack gives the same keys, however often and in whatever order it is asked', () => {
  const makeRememberedKey = createKeyMaker();
  const ids = fc.oneof(fc.integer(), fc.constantFrom(1, 4_097, 8_193, -1, 0), fc.double(), fc.string());
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.constantFrom('photo', 'feed'), ids)), (asked) => {
      for (const [entity, id] of asked) assert.equal(makeRememberedKey(entity, id), makeKey(entity, id));
    }),
  );
});

test('a key is the same string each time as long as fewer are asked for than fit, and right when there are more', () => {
  const makeRememberedKey = createKeyMaker();
  for (const many of [10, 1_000, 40_000])
    for (let time = 0; time < 3; time += 1)
      for (let id = 0; id < many; id += 1)
        if (makeRememberedKey('photo', id) !== makeKey('photo', id)) assert.fail(`photo ${id}`);
});
