import { Ajv } from 'ajv';
import type { FastifySchemaCompiler } from 'fastify';
import type { TSchema } from 'typebox';

/**
 * Checks requests against their schemas. What stands in a path or a query is text and becomes a number where the schema
 * says so; a body says its types itself, and nothing is guessed or dropped: `null` is no empty caption.
 */
export function createValidatorCompiler(): FastifySchemaCompiler<TSchema> {
  const ofText = new Ajv({ coerceTypes: true });
  const ofJson = new Ajv();
  return ({ schema, httpPart }) => (httpPart === 'body' ? ofJson : ofText).compile(schema);
}
