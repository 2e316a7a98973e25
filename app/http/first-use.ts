import type {
  FastifySchemaCompiler,
  FastifySerializerCompiler,
  FastifyValidationResult,
} from 'fastify/types/schema.js';

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
