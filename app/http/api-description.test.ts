import assert from 'node:assert/strict';
import { METHODS } from 'node:http';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import { Ajv } from 'ajv';
import fc from 'fast-check';
import type { LightMyRequestResponse } from 'fastify';
import { headers } from '../contract/headers.ts';
import { errorTable } from '../errors.ts';
import { photoForm } from '../../tests/support/multipart-form.ts';
import { startTestApp } from '../../tests/support/test-app.ts';
import type { Ask, Method, TestApp } from '../../tests/support/test-app.ts';
import { village } from '../../tests/support/village-rows.ts';

type Media = Record<string, { readonly schema: object }>;
type Answer = { readonly content?: Media; readonly headers?: Record<string, object> };
type Operation = {
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
  readonly requestBody?: { readonly content: Media };
  readonly responses: Record<string, Answer>;
};
type Described = { readonly path: string; readonly methods: Readonly<Record<string, Operation>> };

const requestsPerOperation = 120;
const requestsPerPath = 40;
const ajv = new Ajv({ strict: false, formats: { binary: true, 'date-time': true } });

let app: TestApp;
let jpeg: Buffer;
let described: readonly Described[];

before(async () => {
  app = await startTestApp();
  jpeg = await readFile(join(import.meta.dirname, '..', '..', 'loadtests', 'media', 'sample-1.jpg'));
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
  { weight: 1, arbitrary: fc.string({ unit: 'grapheme', maxLength: 9 }).filter(isSegment) },
);
const digest = fc.oneof(fc.constantFrom('0'.repeat(64), 'a', ''), fc.stringMatching(/^[0-9a-f]{64}$/));
/** Texts as clients may send them: with halves of pairs, and with U+0000. */
const text = fc.oneof(
  fc.string({ minLength: 1, maxLength: 30 }),
  fc.string({ unit: fc.constantFrom('\0', '\ud800', '🙂', 'a'), maxLength: 9 }),
);
const json = fc.oneof(
  { weight: 3, arbitrary: fc.record({ comment: text }) },
  { weight: 3, arbitrary: fc.record({ caption: fc.oneof(text, fc.constant('x'.repeat(2_201))) }) },
  { weight: 1, arbitrary: fc.jsonValue() },
);
const body = fc.oneof(
  { weight: 1, arbitrary: fc.constant({}) },
  {
    weight: 3,
    arbitrary: json.map((value) => ({
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
const form = fc.oneof(
  text.map((caption) => () => photoForm(jpeg, caption)),
  fc.nat(3_000).map((length) => () => photoForm(jpeg.subarray(0, length))),
  fc.constant(() => photoForm(Buffer.from('no photo'))),
);
const viewer = fc.oneof(
  fc.constant({}),
  fc.integer({ min: 1, max: 40 }).map((person) => ({ [headers.viewer]: String(person) })),
  fc.constantFrom({ [headers.viewer]: 'me' }, { [headers.viewer]: String(village.nobody) }),
);
const query = fc.oneof(
  { weight: 4, arbitrary: fc.constant('') },
  fc.constantFrom(
    '?cursor=',
    '?cursor=zz',
    '?cursor=MTc2NzIyNTYwMDAwMDAwMC4x',
    '?other=1',
    '?cursor=1&cursor=2',
  ),
);
/** Of images, and of writes. */
const tags = fc.oneof(
  { weight: 3, arbitrary: fc.constant({}) },
  fc.constantFrom<Record<string, string>>(
    { 'if-none-match': '*' },
    { 'if-none-match': '"x"' },
    { range: 'bytes=0-1' },
    { range: 'bytes=9999999-', accept: 'image/webp' },
    { 'idempotency-key': '"same for all"' },
    { 'idempotency-key': 'no, "key"' },
  ),
);
const rendition = fc.oneof(fc.constantFrom('150', '1080', '151', '', 'x'), fc.nat(2_000).map(String));
const params = fc.record({ photoId: id, userId: id, digest, rendition });

type Params = Readonly<Record<string, string>>;
const fill = (path: string, values: Params): string =>
  path.replace(/\{([A-Za-z]+)\}/g, (_, name: string) => encodeURIComponent(values[name] ?? ''));

/** Half of the requests name the person of the path as the viewer: else most would end there. */
const request = fc.record({
  params,
  query,
  viewer,
  tags,
  body,
  form,
  isSelf: fc.boolean(),
  isForm: fc.boolean(),
});
type Asked = typeof request extends fc.Arbitrary<infer Value> ? Value : never;

function askOf(asked: Asked, operation: Operation | undefined): Ask {
  const takesForm = operation?.requestBody?.content['multipart/form-data'] !== undefined;
  const sent: Ask = takesForm && asked.isForm ? asked.form() : asked.body;
  const self = asked.isSelf ? { [headers.viewer]: asked.params.userId } : asked.viewer;
  const given = Object.entries({ ...sent.headers, ...self, ...asked.tags });
  // Node refuses to send others at all.
  const sendable = given.filter(([, value]) => /^[\x20-\x7e]*$/.test(value));
  return { ...sent, headers: Object.fromEntries(sendable) };
}

/** The status, the type and the body of an answer are among those that the description names. */
function assertDescribed(response: LightMyRequestResponse, operation: Operation, what: string): void {
  const { statusCode, payload } = response;
  const answer = operation.responses[String(statusCode)];
  assert.ok(answer !== undefined, `${what}: ${statusCode} is not described: ${payload}`);
  for (const name of Object.keys(answer.headers ?? {}))
    assert.ok(response.headers[name.toLowerCase()] !== undefined, `${what}: ${statusCode} without ${name}`);
  const type = String(response.headers['content-type'] ?? '').split(';', 1)[0] ?? '';
  if (type === '') return assert.equal(payload, '', `${what}: ${statusCode} has a body without a type`);
  const schema = answer.content?.[type]?.schema;
  assert.ok(schema !== undefined, `${what}: ${statusCode} as ${type} is not described`);
  if (type.startsWith('image/')) return;
  const isAsDescribed = ajv.validate(schema, response.json());
  assert.ok(isAsDescribed, `${what}: ${statusCode}: ${ajv.errorsText()}: ${payload}`);
}

it(
  'names every answer that generated requests get, and none is a failure of the service',
  { timeout: 60_000 },
  async () => {
    const seen = new Set<number>();
    for (const { path, methods } of described)
      for (const [method, operation] of Object.entries(methods)) {
        const property = fc.asyncProperty(request, async (asked) => {
          const url = fill(path, asked.params) + asked.query;
          const response = await app.ask(method.toUpperCase() as Method, url, askOf(asked, operation));
          const what = `${method} ${url}`;
          assert.ok(response.statusCode < 500, `${what}: ${response.payload}`);
          assertDescribed(response, operation, what);
          seen.add(response.statusCode);
        });
        await fc.assert(property, { numRuns: requestsPerOperation });
      }
    // Else the requests would be too alike for this to tell anything.
    for (const status of [200, 201, 204, 400, 401, 403, 404, 413, 414, 415])
      assert.ok(seen.has(status), `${status}`);
  },
);

it('says of every path which methods it has: the others are 405', { timeout: 60_000 }, async () => {
  const others = METHODS.filter((method) => method !== 'CONNECT');
  for (const { path, methods } of described) {
    const known = Object.keys(methods).map((method) => method.toUpperCase());
    const allowed = [...known, ...(known.includes('GET') ? ['HEAD'] : []), 'OPTIONS'].toSorted();
    const method = fc.constantFrom(...others.filter((name) => !allowed.includes(name)), 'OPTIONS');
    const property = fc.asyncProperty(method, request, async (name, asked) => {
      const url = fill(path, asked.params);
      const response = await app.ask(name as Method, url, askOf(asked, undefined));
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

it('knows every code that an operation may answer with', () => {
  const elsewhere: readonly string[] = [
    // Of a method that an operation is not.
    'METHOD_NOT_ALLOWED',
    // A process ends with these before it listens.
    'INVALID_CONFIG',
    'INVALID_CANDIDATE',
    'REDIS_NOT_DURABLE',
    'STORAGE_NOT_OURS',
    // No request hears of these: a change stream is read behind them, and a cache goes on without its Redis.
    'CHANGE_STREAM_UNAVAILABLE',
    'REDIS_UNAVAILABLE',
    // Of a worker, which answers nobody.
    'UNKNOWN_MESSAGE',
    // Of logging in, which is no operation yet.
  ];
  const told = JSON.stringify(described);
  const untold = Object.keys(errorTable).filter((code) => !told.includes(`"${code}"`));
  assert.deepEqual(untold.toSorted(), elsewhere.toSorted());
});
