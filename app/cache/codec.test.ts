import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { decodeStored, encodeEntry, encodeTombstone } from './codec.ts';

const entryOf = (value: unknown) => ({ value, version: 3, freshUntil: 1_000.25, staleUntil: 2_000 });

test('the values that are easily lost come back: 0, null, false and empty', () => {
  for (const value of [0, null, false, '', [], {}, '|', '1|t|9', { text: 'a|b\n"ü"' }]) {
    assert.deepEqual(decodeStored(encodeEntry(entryOf(value))), { kind: 'entry', entry: entryOf(value) });
  }
});

test('every JSON value and every version comes back', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.maxSafeNat(), fc.nat(), (raw, version, freshForMs) => {
      // JSON writes -0 as 0: that is JSON's loss, not ours.
      const value: unknown = JSON.parse(JSON.stringify(raw));
      const entry = { value, version, freshUntil: freshForMs / 8, staleUntil: freshForMs };
      assert.deepEqual(decodeStored(encodeEntry(entry)), { kind: 'entry', entry });
    }),
  );
});

test('a tombstone is no entry', () => {
  assert.deepEqual(decodeStored(encodeTombstone(12)), { kind: 'tombstone', version: 12 });
});

test('foreign, cut and future bytes are nothing, and never an exception', () => {
  const entry = encodeEntry(entryOf({ caption: 'x' }));
  for (const text of [
    '',
    'null',
    '{}',
    '0|e|1|2|3|4',
    '2|e|1|2|3|4',
    '1|e|x|2|3|4',
    '1|t|',
    entry.slice(0, -1),
  ]) {
    assert.equal(decodeStored(text), null, text);
  }
  fc.assert(
    fc.property(fc.string(), (text) => {
      decodeStored(text);
    }),
  );
});

test('a value that JSON cannot say is refused', () => {
  for (const value of [undefined, 1n, () => 1]) assert.throws(() => encodeEntry(entryOf(value)), TypeError);
});
