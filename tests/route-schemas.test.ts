import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Ajv } from 'ajv';
import type { RouteOptions } from 'fastify';
import { pino } from 'pino';
import { gatewayOperations, operations } from '../app/contract/operations.ts';
import { registerMetadataRoutes } from '../app/gateway/metadata-routes.ts';
import { createHttpServer } from '../app/http/http-server.ts';
import { createSerializerCompiler, createValidatorCompiler } from '../app/http/schema-compilers.ts';
import { declaredRoutes } from './support/declared-routes.ts';
import { startTestApp } from './support/test-app.ts';

/** It refuses words that JSON Schema does not have, and fields that are required and not described: the types see neither. */
const strict = new Ajv({ strict: true, strictRequired: true, formats: { 'date-time': true, binary: true } });

/** Compiles what requests of these routes are checked by and answers are written by, which is otherwise done by the first request of each. */
function compileAll(routes: readonly RouteOptions[]): readonly string[] {
  const [validators, serializers] = [createValidatorCompiler(), createSerializerCompiler()];
  return routes.flatMap(({ method, url, schema = {} }) => {
    const route = { method: String(method), url };
    const parts = (['body', 'querystring', 'params', 'headers'] as const).filter(
      (part) => schema[part] !== undefined,
    );
    for (const httpPart of parts) {
      const asked = schema[httpPart] as object;
      strict.compile(asked);
      validators({ ...route, schema: asked, httpPart });
    }
    const answers = Object.entries((schema.response ?? {}) as Record<string, object>);
    for (const [httpStatus, answer] of answers) {
      strict.compile(answer);
      serializers({ ...route, schema: answer, httpStatus });
    }
    return [...parts, ...answers.map(([status]) => status)].map((part) => `${route.method} ${url} ${part}`);
  });
}

test('every schema of the service can be compiled, before a request needs it', async (context) => {
  const { started, routes } = await declaredRoutes(() => startTestApp());
  context.after(() => started.close());
  const compiled = compileAll(routes);
  const described = Object.keys((await started.ask('GET', '/openapi.json')).json<{ paths: object }>().paths);
  const paths = new Set(routes.map(({ url }) => url.replace(/:(\w+)/g, '{$1}')));
  assert.ok(described.length > 20);
  assert.deepEqual(
    described.filter((path) => !paths.has(path)),
    [],
    'every route is looked at',
  );
  for (const part of ['params', '200'])
    assert.ok(compiled.includes(`GET ${operations.photoPage.route} ${part}`), part);
  assert.ok(compiled.includes(`POST ${operations.comment.route} body`));
});

test('every schema of a leader and its gateways can be compiled', async () => {
  const handler = () => null;
  const handlers = { page: handler, record: handler, put: handler, remove: handler };
  const { routes } = await declaredRoutes(() =>
    registerMetadataRoutes(createHttpServer(pino({ level: 'silent' }), 1_000, 'leader'), '', handlers),
  );
  assert.ok(compileAll(routes).includes(`PUT ${gatewayOperations.putMetadata.route} body`));
});

test('a schema that is none is found by that', () => {
  const handler = () => null;
  for (const [wrong, complaint] of [
    [{ type: 'integr' }, /type|schema/],
    [{ type: 'string', maxLenght: 3 }, /maxLenght/],
    [{ type: 'object', required: ['is'], properties: { id: { type: 'integer' } } }, /required property "is"/],
  ] as const)
    for (const schema of [{ params: wrong }, { response: { 200: wrong } }])
      assert.throws(() => compileAll([{ method: 'GET', url: '/', handler, schema }]), complaint);
});
