import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Type as TypeBox } from 'typebox';
import Value from 'typebox/value';
import { isOfForm } from './json-form.ts';
import { Type } from './json-schema.ts';

/** One of everything, by either of the two. */
const formOf = (made: typeof Type) =>
  made.Object(
    {
      text: made.String({ minLength: 1 }),
      list: made.Optional(made.Array(made.Integer({ minimum: 1 }), { maxItems: 3 })),
      either: made.Union([made.Literal('x'), made.Null()], { description: 'x or nothing' }),
      pair: made.Tuple([made.Number(), made.String()]),
      flags: made.Record(made.String(), made.Boolean()),
      choice: made.Enum(['a', 'b'], { title: 'a choice' }),
      anything: made.Optional(made.Unknown()),
      number: made.Literal(1),
      nothing: made.Unsafe<undefined>(made.Null({ description: 'done' })),
      empty: made.Object({}),
    },
    { additionalProperties: false },
  );
const form = formOf(Type);
const ofTypeBox = formOf(TypeBox);

describe('the builders of schemas', () => {
  it('make what TypeBox makes', () => {
    assert.equal(JSON.stringify(form), JSON.stringify(ofTypeBox));
  });

  const good = {
    ...{ text: 't', list: [1], either: null, pair: [1, 'a'], flags: { a: true } },
    ...{ choice: 'a', number: 1, nothing: null, empty: {} },
  };
  const changes: Readonly<Record<string, object>> = {
    'nothing wrong': {},
    'no list': { list: undefined },
    'a text that is too short': { text: '' },
    'a text that is a number': { text: 1 },
    'a list that is too long': { list: [1, 1, 1, 1] },
    'half a number': { list: [1.5] },
    'neither of two': { either: 'y' },
    'a pair of three': { pair: [1, 'a', 1] },
    'half a pair': { pair: [1] },
    'a flag that is none': { flags: { a: 1 } },
    'another choice': { choice: 'c' },
    'another number': { number: 2 },
    'a list instead of an object': { empty: [] },
    'something more': { more: 1 },
  };
  for (const [what, change] of Object.entries(changes))
    it(`are checked as TypeBox checks: ${what}`, () => {
      const json: unknown = JSON.parse(JSON.stringify({ ...good, ...change }));
      assert.equal(isOfForm(form, json), Value.Check(ofTypeBox, json));
      assert.equal(isOfForm(form, json), what.startsWith('no'));
    });
});
