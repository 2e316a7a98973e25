import { Ajv } from 'ajv';
import type { ErrorObject } from 'ajv';
import build from 'fast-json-stringify';
import type { FastifySchemaCompiler } from 'fastify';
import type {
  FastifySchemaValidationError,
  FastifySerializerCompiler,
  FastifyValidationResult,
} from 'fastify/types/schema.js';

/**
 * The schemas are our own: whether they are schemas is tested (`api-description.test.ts`), since to compile the schema of all schemas
 * takes twice as long as all of ours; so nobody needs it. Code that Ajv has not tidied up is compiled sooner and runs as fast.
 */
const forOwnSchemas = { validateSchema: false, meta: false, code: { optimize: false } } as const;

const ours = { ...forOwnSchemas, verbose: true } as const;

/**
 * Checks requests against their schemas. What stands in a path or a query is text and becomes a number where the schema
 * says so; a body says its types itself, and nothing is guessed or dropped: `null` is no empty caption.
 */
export function createValidatorCompiler(): FastifySchemaCompiler<object> {
  // A text such as 1e309 becomes Infinity, which is no number to a strict schema, so that no bound would hold it.
  const ofText = new Ajv({ ...ours, coerceTypes: true, strictNumbers: false });
  const ofJson = new Ajv(ours);
  return ({ schema, httpPart }) => (httpPart === 'body' ? ofJson : ofText).compile(schema);
}

type Invalid = FastifySchemaValidationError & Partial<Pick<ErrorObject, 'parentSchema'>>;

/** What is not valid, in words. A pattern and a choice say little to people: there, the schema says what it means. */
export function describeInvalid(errors: readonly FastifySchemaValidationError[], part: string): Error {
  const choices = errors.filter(({ keyword }) => keyword === 'anyOf').map(({ instancePath }) => instancePath);
  // For a choice, the validator also complains of each of its values.
  const told = errors.filter((one) => one.keyword !== 'const' || !choices.includes(one.instancePath));
  const reasons = told.map((one) => `${part}${one.instancePath} must ${meaningOf(one) ?? messageOf(one)}`);
  return new TypeError(reasons.join(', '));
}

const messageOf = ({ message }: Invalid): string => String(message).replace(/^must /, '');

/** Null: what the validator says is understood. */
function meaningOf({ keyword, parentSchema = {} }: Invalid): string | null {
  const { description, anyOf } = parentSchema;
  if (keyword === 'pattern' && typeof description === 'string') return `be ${description}`;
  const values = keyword === 'anyOf' && Array.isArray(anyOf) ? anyOf.map(valueOf) : [];
  return values.length > 0 && !values.includes(null) ? `be one of ${values.join(', ')}` : null;
}

/** Null: it is no single word. */
const valueOf = (schema: { readonly const?: unknown }): string | null =>
  typeof schema.const === 'string' ? schema.const : null;

/** Writes answers by their schemas. Many routes share one, and GET and HEAD of a route do: it is compiled once. */
export function createSerializerCompiler(): FastifySerializerCompiler<object> {
  const known = new WeakMap<object, (value: unknown) => string>();
  return ({ schema }) => {
    const serialize = known.get(schema) ?? build(schema, { ajv: forOwnSchemas });
    known.set(schema, serialize);
    return serialize;
  };
}

/**
 * What is compiled when the first request needs it. To compile all schemas takes a fifth of what a process takes to start, and most
 * processes are asked for a few routes. Whether all of them can be compiled is tested (`tests/route-schemas.test.ts`).
 */
export const validatorsAtFirstUse =
  (compile: FastifySchemaCompiler<object>): FastifySchemaCompiler<object> =>
  (route) => {
    let validate: FastifyValidationResult | undefined;
    return (value: unknown) => {
      validate ??= compile(route);
      const isValid = validate(value);
      // Whoever asks looks for errors at this function, which has none.
      return isValid === false ? { error: validate.errors ?? [] } : isValid;
    };
  };

export const serializersAtFirstUse =
  (compile: FastifySerializerCompiler<object>): FastifySerializerCompiler<object> =>
  (route) => {
    let serialize: ((value: unknown) => string) | undefined;
    return (value: unknown) => {
      serialize ??= compile(route);
      return serialize(value);
    };
  };
