import assert from 'node:assert/strict';
import { METHODS } from 'node:http';
import { after, before, it } from 'node:test';
import { Ajv } from 'ajv';
import fc from 'fast-check';
import { headers } from '../contract/headers.ts';
import { errorTable } from '../errors.ts';
import { writtenCharacter } from '../../tests/support/characters.ts';
import { startTestApp } from '../../tests/support/test-app.ts';
import type { Method, TestApp } from '../../tests/support/test-app.ts';
import { village } from '../../tests/support/village-rows.ts';

type Media = Record<string, { readonly schema: object }>;
type Answer = { readonly content?: Media; readonly headers?: Record<string, object> };
type Operation = {
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly schema: object }[];
  readonly requestBody?: { readonly content: Media };
  readonly responses: Record<string, Answer>;
};
type Described = { readonly path: string; readonly methods: Readonly<Record<string, Operation>> };

const requestsPerPath = 40;

let app: TestApp;
let described: readonly Described[];

before(async () => {
  app = await startTestApp();
  const { paths } = (await app.ask('GET', '/openapi.json')).json<{
    paths: Record<string, Described['methods']>;
  }>();
  described = Object.entries(paths).map(([path, methods]) => ({ path, methods }));
});
after(() => app.close());

/** A client would resolve the others before it sends them. */
const isSegment = (segment: string) => !/^\.{1,2}$/.test(segment);
/** Ids of things that are there, of others, and what is no id. */
const id = fc.oneof(
  { weight: 5, arbitrary: fc.integer({ min: 1, max: 40 }).map(String) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      String(village.nobody),
      '0',
      '-1',
      '1.5',
      '2147483648',
      'one',
      '',
      'x'.repeat(101),
    ),
  },
  { weight: 1, arbitrary: fc.string({ unit: writtenCharacter, maxLength: 9 }).filter(isSegment) },
);
const digest = fc.oneof(fc.constantFrom('0'.repeat(64), 'a', ''), fc.stringMatching(/^[0-9a-f]{64}$/));
const body = fc.oneof(
  { weight: 1, arbitrary: fc.constant({}) },
  {
    weight: 3,
    arbitrary: fc.jsonValue().map((value) => ({
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(value),
    })),
  },
  fc.constantFrom(
    { headers: { 'content-type': 'application/json' } },
    { headers: { 'content-type': 'application/json' }, body: '{' },
    { headers: { 'content-type': 'application/json' }, body: Buffer.from([0x22, 0xff, 0x22]) },
    { headers: { 'content-type': 'application/json' }, body: JSON.stringify('x'.repeat(70_000)) },
    { headers: { 'content-type': 'text/plain' }, body: 'x' },
    { headers: { 'content-type': 'no type' }, body: 'x' },
    { headers: { 'content-type': 'multipart/form-data' }, body: 'x' },
  ),
);
const rendition = fc.oneof(fc.constantFrom('150', '1080', '151', '', 'x'), fc.nat(2_000).map(String));
const params = fc.record({ photoId: id, userId: id, digest, rendition });

type Params = Readonly<Record<string, string>>;
const fill = (path: string, values: Params): string =>
  path.replace(/\{([A-Za-z]+)\}/g, (_, name: string) => encodeURIComponent(values[name] ?? ''));

const request = fc.record({ params, body });

it('says of every path which methods it has: the others are 405', { timeout: 180_000 }, async () => {
  const others = METHODS.filter((method) => method !== 'CONNECT');
  for (const { path, methods } of described) {
    const known = Object.keys(methods).map((method) => method.toUpperCase());
    const allowed = [...known, ...(known.includes('GET') ? ['HEAD'] : []), 'OPTIONS'].toSorted();
    const method = fc.constantFrom(...others.filter((name) => !allowed.includes(name)), 'OPTIONS');
    const property = fc.asyncProperty(method, request, async (name, asked) => {
      const url = fill(path, asked.params);
      const response = await app.ask(name as Method, url, asked.body);
      if (response.statusCode === 414) return;
      assert.equal(response.statusCode, name === 'OPTIONS' ? 204 : 405, `${name} ${url}`);
      assert.deepEqual(String(response.headers['allow']).split(', ').toSorted(), allowed, `${name} ${url}`);
    });
    await fc.assert(property, { numRuns: requestsPerPath });
  }
});

it('answers HEAD as it answers GET, without the body', async () => {
  for (const { path, methods } of described.filter((one) => one.methods['get'] !== undefined)) {
    const url = fill(path, { photoId: '1', userId: '1', digest: '0'.repeat(64), rendition: '320' });
    const [get, head] = [await app.ask('GET', url, { viewer: 1 }), await app.ask('HEAD', url, { viewer: 1 })];
    assert.ok(methods['get']?.responses[String(head.statusCode)] !== undefined);
    assert.equal(head.statusCode, get.statusCode);
    assert.equal(head.payload, '');
    for (const name of ['content-type', 'content-length', 'cache-status', 'darkroom-entry-version'])
      assert.equal(head.headers[name], get.headers[name], `${url} ${name}`);
  }
});

it('describes what clients need for a request: the viewer, the tags and the form', () => {
  const operation = (path: string, method: string) =>
    described.find((one) => one.path === path)?.methods[method] as Operation;
  const headersOf = ({ parameters = [] }: Operation) =>
    parameters.filter((one) => one.in === 'header').map(({ name }) => name);
  const ofWrites = [headers.viewer, headers.idempotencyKey];
  assert.deepEqual(headersOf(operation('/photos/{photoId}/like', 'put')), ofWrites);
  const ofImages = ['If-None-Match', 'Range', 'If-Range'];
  assert.deepEqual(headersOf(operation('/media/{digest}', 'get')), ofImages);
  assert.deepEqual(headersOf(operation('/media/{digest}/{rendition}', 'get')), [...ofImages, 'Accept']);
  const { requestBody, responses } = operation('/users/{userId}/posts', 'post');
  assert.match(JSON.stringify(requestBody?.content['multipart/form-data']), /"file".*"caption"/);
  for (const status of ['201', '408', '413', '422', '503']) assert.ok(responses[status], status);
  assert.ok(operation('/media/{digest}', 'get').responses['304']);
  assert.deepEqual(Object.keys(responses['503']?.headers ?? {}), ['Retry-After']);
});

it('has schemas that are schemas: requests are checked by them, and nobody asks any more', () => {
  const ajv = new Ajv();
  assert.ok(ajv.validateSchema({ type: 'integer', minimum: 1 }) && !ajv.validateSchema({ type: 'integr' }));
  for (const { path, methods } of described)
    for (const [method, { parameters = [], requestBody }] of Object.entries(methods))
      for (const { schema } of [...parameters, ...Object.values(requestBody?.content ?? {})])
        assert.ok(ajv.validateSchema(schema), `${method} ${path}: ${ajv.errorsText()}`);
});

it('knows every code that an operation may answer with', () => {
  const elsewhere: readonly string[] = [
    // Of a method that an operation is not.
    'METHOD_NOT_ALLOWED',
    // A process ends with these before it listens.
    'INVALID_CONFIG',
    'INVALID_CANDIDATE',
    'REDIS_NOT_DURABLE',
    'STORAGE_NOT_OURS',
    // No request hears of these: a change stream is read behind them, and a cache goes on without its tiers.
    'CACHE_UNAVAILABLE',
    'CHANGE_STREAM_UNAVAILABLE',
    'EDGE_FAILED',
    'REDIS_UNAVAILABLE',
    // Of a gateway in front of the service, and of the leader behind it.
    'GATEWAY_NOT_SYNCHRONISED',
    'GATEWAY_TOKEN_REQUIRED',
    'INVALID_CALLER',
    'LEADER_LOST',
    'METADATA_KIND_UNKNOWN',
    'NOT_THE_LEADER',
    'SERVICE_UNREACHABLE',
    // Of a worker, which answers nobody.
    'UNKNOWN_MESSAGE',
  ];
  const told = JSON.stringify(described);
  const untold = Object.keys(errorTable).filter((code) => !told.includes(`"${code}"`));
  assert.deepEqual(untold.toSorted(), elsewhere.toSorted());
});
