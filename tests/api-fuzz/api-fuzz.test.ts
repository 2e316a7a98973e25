import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Ajv } from 'ajv';
import { createSeededDatabase } from '../support/test-app.ts';
import { describeFuzz, fuzzService } from './fuzzed-service.ts';
import type { Operation, Schema } from './described-api.ts';
import { judgeAnswer } from './judge-answer.ts';
import { makeRequests } from './fuzz-requests.ts';
import { nearlyValidValue, validValue } from './schema-values.ts';

/** Any other does as well: `npm run api-fuzz` takes one by chance. */
const seed = 17;
const requests = 500;

it(`${requests} generated requests to a real service get answers of its description, and no failure`, async () => {
  const database = await createSeededDatabase();
  try {
    const result = await fuzzService(database, { count: requests, seed, atOnce: 4 });
    const told = describeFuzz(result, seed);
    assert.deepEqual(result.complaints, [], told);
    assert.equal(result.requests, requests);
    // Else the requests would be too alike for this to tell anything.
    for (const status of [200, 201, 204, 400, 401, 403, 404, 405, 413, 415])
      assert.ok(result.byStatus.has(status), `no ${status}: ${told}`);
  } finally {
    await database.drop();
  }
});

const comment: Schema = {
  type: 'object',
  properties: {
    comment: { type: 'string', minLength: 1, maxLength: 20, pattern: '^[^\\u0000\\ud800-\\udfff]*$' },
    digest: { type: 'string', pattern: '^[0-9a-f]{64}$' },
    photoId: { type: 'integer', minimum: 1, maximum: 40 },
    tags: { type: 'array', items: { enum: ['a', 'b'] }, maxItems: 3 },
    parent: { anyOf: [{ type: 'integer' }, { type: 'null' }] },
  },
  required: ['comment'],
};

describe('generated values', () => {
  const isValid = new Ajv({ strict: false }).compile({ ...comment, additionalProperties: false });

  it('are valid where they are said to be', () => {
    for (const value of fc.sample(validValue(comment), { seed, numRuns: 300 }))
      assert.ok(isValid(value), JSON.stringify(value));
  });

  it('are mostly not valid where they are said to be nearly so', () => {
    const values = fc.sample(nearlyValidValue(comment), { seed, numRuns: 300 });
    const refused = values.filter((value) => !isValid(value)).length;
    assert.ok(refused > 200, `${refused} of 300`);
  });
});

const operation: Operation = {
  method: 'GET',
  path: '/photos/{photoId}',
  parameters: [{ name: 'photoId', in: 'path', required: true, schema: { type: 'integer', minimum: 1 } }],
  bodies: {},
  answers: {
    200: {
      content: {
        'application/json': {
          schema: { type: 'object', required: ['id'], properties: { id: { type: 'integer' } } },
        },
      },
    },
    429: { content: { 'application/problem+json': { schema: {} } }, headers: { 'Retry-After': {} } },
  },
};

describe('the judge of answers', () => {
  const request = { operation, method: 'GET', url: '/photos/1', headers: {}, body: null };
  const answer = (status: number, body: string, type = 'application/json', headers = {}) =>
    judgeAnswer(request, { method: 'GET', status, type, headers, body });

  it('takes what is described, and nothing else', () => {
    assert.equal(answer(200, '{"id":1}'), null);
    assert.match(String(answer(200, '{"id":"1"}')), /outside of its schema/);
    assert.match(String(answer(200, 'x', 'text/html')), /type that is not described/);
    assert.match(String(answer(204, '')), /status that is not described/);
    assert.match(String(answer(503, '{}')), /failure of the service/);
    assert.match(String(answer(429, '{}', 'application/problem+json')), /without Retry-After/);
    assert.equal(answer(429, '{}', 'application/problem+json', { 'retry-after': '1' }), null);
  });

  it('wants a refusal of anything else to be a problem document with a known code', () => {
    const elsewhere = { ...request, operation: null };
    const judged = (body: string, type: string) =>
      judgeAnswer(elsewhere, { method: 'GET', status: 404, type, headers: {}, body });
    assert.equal(judged('{"code":"NOT_FOUND"}', 'application/problem+json'), null);
    assert.match(String(judged('{"code":"OTHER"}', 'application/problem+json')), /unknown code/);
    assert.match(String(judged('no', 'text/plain')), /a refusal as/);
  });
});

it('the same seed gives the same requests', () => {
  const make = (from: number) => makeRequests([operation], Buffer.from('jpeg'), { count: 50, seed: from });
  assert.deepEqual(make(1), make(1));
  assert.notDeepEqual(make(1), make(2));
});
