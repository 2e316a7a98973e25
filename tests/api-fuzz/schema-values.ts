import fc from 'fast-check';
import { anyCharacter, writtenCharacter } from '../support/characters.ts';
import type { Schema } from './described-api.ts';

/** Ids up to here are drawn most of the time: most of them are of something that is there. */
const likelyIdMax = 45;

/** Texts that have broken services before, none of them a secret. */
const hostileTexts = [
  '',
  ' ',
  '\u0000',
  '\ud800',
  '🙂\u202e',
  "'; DROP TABLE users; --",
  '../../etc/passwd',
  '%00',
  '%',
  '${7*7}',
  '<svg onload=alert(1)>',
  '__proto__',
  'constructor',
  'null',
  'NaN',
  '-0',
  '1e309',
  '0x10',
  '9'.repeat(400),
  'x'.repeat(3_000),
  '\r\nX: y',
];

export const hostileText: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(...hostileTexts),
  fc.string({ unit: anyCharacter, maxLength: 40 }),
);

/** What no schema expects. */
export const hostileValue: fc.Arbitrary<unknown> = fc.oneof(
  hostileText,
  fc.jsonValue({ maxDepth: 4 }),
  fc.constantFrom<unknown>(null, true, -1, 0, 1.5, 2 ** 31, 2 ** 53, 1e308, [], {}, [[]], {
    __proto__: 1,
    constructor: {},
  }),
);

const typeOf = ({ type, properties }: Schema): string =>
  (typeof type === 'string' ? type : type?.[0]) ?? (properties === undefined ? 'string' : 'object');

function validText({ pattern, format, minLength = 0, maxLength = Infinity }: Schema): fc.Arbitrary<string> {
  if (format === 'date-time')
    return fc.date({ noInvalidDate: true, min: new Date(0) }).map((date) => date.toISOString());
  const short = { minLength, maxLength: Math.min(maxLength, Math.max(minLength, 60)) };
  const plain = fc.oneof(
    { weight: 4, arbitrary: fc.string({ unit: writtenCharacter, ...short }) },
    { weight: 1, arbitrary: fc.constant('x'.repeat(Math.min(maxLength, 3_000))) },
  );
  const hasLength = (text: string) => text.length >= minLength && text.length <= maxLength;
  if (pattern === undefined) return plain.filter(hasLength);
  const expression = new RegExp(pattern);
  // Most texts fit such a pattern; of the others hardly one does, and they are made from the pattern.
  const fits = expression.test('x'.repeat(Math.max(1, minLength)));
  const made = fits ? plain : fc.stringMatching(expression);
  return made.filter((text) => expression.test(text) && hasLength(text));
}

function validInteger({ minimum = -1_000, maximum = 2 ** 31 - 1 }: Schema): fc.Arbitrary<number> {
  return fc.oneof(
    {
      weight: 8,
      arbitrary: fc.integer({ min: minimum, max: Math.max(minimum, Math.min(maximum, likelyIdMax)) }),
    },
    { weight: 1, arbitrary: fc.integer({ min: minimum, max: maximum }) },
    { weight: 1, arbitrary: fc.constantFrom(minimum, maximum) },
  );
}

function validObject({ properties = {}, required = [] }: Schema): fc.Arbitrary<Record<string, unknown>> {
  const values = Object.fromEntries(
    Object.entries(properties).map(([name, schema]) => [name, validValue(schema)]),
  );
  return fc.record(values, { requiredKeys: required.filter((name) => Object.hasOwn(values, name)) });
}

/** What the schema allows. */
export function validValue(schema: Schema): fc.Arbitrary<unknown> {
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  if (schema.anyOf !== undefined) return fc.oneof(...schema.anyOf.map(validValue));
  switch (typeOf(schema)) {
    case 'integer':
    case 'number':
      return validInteger(schema);
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'array':
      return fc.array(validValue(schema.items ?? {}), {
        minLength: schema.minItems ?? 0,
        maxLength: Math.min(schema.maxItems ?? 5, 5),
      });
    case 'object':
      return validObject(schema);
    default:
      return validText(schema);
  }
}

/** What the schema just about forbids: one step beyond a bound, one property too many or too few, the value as another type. */
export function nearlyValidValue(schema: Schema): fc.Arbitrary<unknown> {
  const { minimum = 0, maximum = 2 ** 31 - 1, minLength = 0, maxLength = 0 } = schema;
  switch (typeOf(schema)) {
    case 'integer':
    case 'number':
      return fc.constantFrom<unknown>(minimum - 1, maximum + 1, 1.5, `${minimum}`, ` ${minimum}`, null, [
        minimum,
      ]);
    case 'object':
      return nearlyValidObject(schema);
    case 'string':
      return fc.oneof(
        fc.constantFrom<unknown>('x'.repeat(maxLength + 1), 'x'.repeat(Math.max(0, minLength - 1)), 7, null),
        validText(schema).map((text) => `${text}\u0000`),
        validText(schema).map((text) => [text]),
      );
    default:
      return fc.constantFrom<unknown>(null, '', 0);
  }
}

function nearlyValidObject(schema: Schema): fc.Arbitrary<unknown> {
  const entries = Object.entries(schema.properties ?? {});
  const whole = validObject(schema);
  const others = entries.map(([name, property]) =>
    fc.tuple(whole, nearlyValidValue(property)).map(([value, other]) => ({ ...value, [name]: other })),
  );
  return fc.oneof(
    fc.tuple(whole, fc.nat()).map(([value, index]) => {
      const names = Object.keys(value);
      const without = names[index % Math.max(1, names.length)];
      return Object.fromEntries(Object.entries(value).filter(([name]) => name !== without));
    }),
    whole.map((value) => ({ ...value, other: 1 })),
    whole.map((value) => [value]),
    ...others,
  );
}
