import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { codecOf, encodeTombstone } from './codec.ts';
import type { Entry } from './entry.ts';

const entryOf = (value: unknown): Entry => ({
  value,
  version: 3,
  freshUntil: 1_000.25,
  staleUntil: 2_000,
  loadMs: 1.5,
  isAbsent: false,
});

/** MessagePack's decoder drops a field of that name, so that nobody can change what objects inherit. */
const value = fc.jsonValue().filter((one) => !JSON.stringify(one).includes('__proto__'));

for (const [name, codec] of Object.entries(codecOf)) {
  describe(`codec ${name}`, () => {
    test('the values that are easily lost come back: 0, null, false and empty', () => {
      for (const plain of [0, null, false, '', [], {}, '|', '3|t|9', { text: 'a|b\n"ü"' }]) {
        const entry = entryOf(plain);
        assert.deepEqual(codec.decode(codec.encode(entry)), { kind: 'entry', entry });
      }
    });

    test('every JSON value and every version comes back', () => {
      fc.assert(
        fc.property(value, fc.maxSafeNat(), fc.nat(), (raw, version, ms) => {
          // JSON writes -0 as 0: that is JSON's loss, not ours.
          const said: unknown = JSON.parse(JSON.stringify(raw));
          const entry = { ...entryOf(said), version, freshUntil: ms / 8, staleUntil: ms, loadMs: ms / 1e9 };
          assert.deepEqual(codec.decode(codec.encode(entry)), { kind: 'entry', entry });
        }),
      );
    });

    test('a negative entry has no value', () => {
      const entry = { ...entryOf(undefined), isAbsent: true };
      assert.deepEqual(codec.decode(codec.encode(entry)), { kind: 'entry', entry });
    });

    test('a tombstone is no entry', () => {
      assert.deepEqual(codec.decode(encodeTombstone(12)), { kind: 'tombstone', version: 12 });
    });

    test('foreign, cut and future bytes are nothing, and never an exception', () => {
      const whole = codec.encode(entryOf({ caption: 'a caption' }));
      const cut = whole.slice(0, -4);
      for (const bytes of ['', 'null', '{}', '1|e|1|2|3|4', '4|e|1|2|3|4|5', '3|e|x|2|3|4|5', '3|t|', cut]) {
        assert.equal(codec.decode(bytes), null, String(bytes));
      }
      fc.assert(
        fc.property(fc.string(), (text) => {
          codec.decode(text);
        }),
      );
    });
  });
}

test('a value that JSON cannot say is refused', () => {
  for (const value of [undefined, 1n, () => 1])
    assert.throws(() => codecOf.json.encode(entryOf(value)), TypeError);
});
