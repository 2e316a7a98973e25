import { Ajv } from 'ajv';
import type { ErrorObject } from 'ajv';
import type { FastifySchemaCompiler } from 'fastify';
import type { FastifySchemaValidationError } from 'fastify/types/schema.js';
import { forOwnSchemas } from './own-schemas.ts';

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
  // Of a choice, each of its values complains by itself too.
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
