import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { entityNameOf, makeKey } from './keys.ts';

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
  assert.throws(() => makeKey('photo:1', 2), RangeError);
});
