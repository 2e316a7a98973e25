import build from 'fast-json-stringify';
import type { FastifySerializerCompiler } from 'fastify/types/schema.js';
import { forOwnSchemas } from './own-schemas.ts';

/** Writes answers by their schemas. Many routes share one, and GET and HEAD of a route do: it is compiled once. */
export function createSerializerCompiler(): FastifySerializerCompiler<object> {
  const known = new WeakMap<object, (value: unknown) => string>();
  return ({ schema }) => {
    const serialize = known.get(schema) ?? build(schema, { ajv: forOwnSchemas });
    known.set(schema, serialize);
    return serialize;
  };
}
