import { Ajv } from 'ajv';
import type { ErrorObject } from 'ajv';
import type { FastifySchemaCompiler } from 'fastify';
import type { FastifySchemaValidationError } from 'fastify/types/schema.js';
import type { TSchema } from 'typebox';

/**
 * The schemas are our own: whether they are schemas is tested (`api-description.test.ts`), since to compile the schema of all schemas
 * takes twice as long as all of ours.
 */
const ours = { verbose: true, validateSchema: false } as const;

/**
 * Checks requests against their schemas. What stands in a path or a query is text and becomes a number where the schema
 * says so; a body says its types itself, and nothing is guessed or dropped: `null` is no empty caption.
 */
export function createValidatorCompiler(): FastifySchemaCompiler<TSchema> {
  // A text such as 1e309 becomes Infinity, which is no number to a strict schema, so that no bound would hold it.
  const ofText = new Ajv({ ...ours, coerceTypes: true, strictNumbers: false });
  const ofJson = new Ajv(ours);
  return ({ schema, httpPart }) => (httpPart === 'body' ? ofJson : ofText).compile(schema);
}

/** What is not valid, in words. A pattern says little to people: there, the schema says what it means. */
export function describeInvalid(errors: readonly FastifySchemaValidationError[], part: string): Error {
  const reasons = errors.map(({ keyword, instancePath, message, ...error }) => {
    const { description } = (error as Partial<ErrorObject>).parentSchema ?? {};
    const meaning = keyword === 'pattern' && typeof description === 'string' ? `be ${description}` : null;
    return `${part}${instancePath} must ${meaning ?? String(message).replace(/^must /, '')}`;
  });
  return new TypeError(reasons.join(', '));
}
