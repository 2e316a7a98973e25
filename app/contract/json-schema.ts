/**
 * Builds JSON schemas of whose values TypeScript knows the type. Schemas and types are TypeBox's; of its builders these few are used,
 * and written here: a process that loads TypeBox loads some 450 files, and nearly 700 with its checks, which took a quarter to a
 * third of the CPU that a service or a command needs to start.
 */
import type { TEnum, TSchema, TSchemaOptions, Type as TypeBox } from 'typebox';

type SameAsTypeBox = Pick<
  typeof TypeBox,
  | 'Array'
  | 'Boolean'
  | 'Integer'
  | 'Literal'
  | 'Null'
  | 'Number'
  | 'Object'
  | 'Optional'
  | 'Record'
  | 'String'
  | 'Tuple'
  | 'Union'
  | 'Unknown'
  | 'Unsafe'
>;

type Builders = SameAsTypeBox & {
  readonly Enum: <Values extends (string | number)[]>(
    values: readonly [...Values],
    options?: TSchemaOptions,
  ) => TEnum<Values>;
};

const anyText = '^.*$';
/** As TypeBox marks it, where it does not show in JSON. */
const optional = '~optional';

/** What else TypeBox's types say of a schema is not there at run time, and nobody asks for it. */
const typed = <Typed extends TSchema>(schema: object): Typed => schema as Typed;

export const Type: Builders = {
  Array: (items, options) => typed({ type: 'array', items, ...options }),
  Boolean: (options) => typed({ type: 'boolean', ...options }),
  Enum: (values, options) => typed({ enum: values, ...options }),
  Integer: (options) => typed({ type: 'integer', ...options }),
  Literal: (value, options) => typed({ type: typeof value, const: value, ...options }),
  Null: (options) => typed({ type: 'null', ...options }),
  Number: (options) => typed({ type: 'number', ...options }),
  Object(properties, options) {
    const required = Object.keys(properties).filter((key) => !Object.hasOwn(properties[key] ?? {}, optional));
    return typed({
      type: 'object',
      ...(required.length > 0 && { required }),
      properties,
      ...options,
    });
  },
  Optional: (schema) => typed(Object.defineProperty({ ...schema }, optional, { value: true })),
  // Keys are texts, here.
  Record: (_, value, options) =>
    typed({ type: 'object', patternProperties: { [anyText]: value }, ...options }),
  String: (options) => typed({ type: 'string', ...options }),
  Tuple: (items, options) =>
    typed({ type: 'array', additionalItems: false, items, minItems: items.length, ...options }),
  Union: (anyOf, options) => typed({ anyOf, ...options }),
  Unknown: (options) => typed({ ...options }),
  Unsafe: (schema) => typed({ ...schema }),
};
