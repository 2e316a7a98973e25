import assert from 'node:assert/strict';
import { METHODS } from 'node:http';
import { Readable } from 'node:stream';
import { after, before, describe, it, test } from 'node:test';
import type { LightMyRequestResponse } from 'fastify';
import { operations, pathOf } from '../contract/operations.ts';
import { assertProblem, startTestApp } from '../../tests/support/test-app.ts';
import type { Method, TestApp } from '../../tests/support/test-app.ts';
import { village } from '../../tests/support/village-rows.ts';

let app: TestApp;
before(async () => {
  app = await startTestApp();
});
after(() => app.close());

const methods = METHODS.filter((method) => method !== 'CONNECT') as Method[];

/** The methods of each path of the table of operations. */
const methodsOfPath = new Map(
  [...Map.groupBy(Object.values(operations), ({ route }) => route)].map(
    ([route, list]) =>
      [
        pathOf(route, { userId: 1, photoId: 1, digest: 'a'.repeat(64), rendition: 320 }),
        list.map(({ method }) => method),
      ] as const,
  ),
);

/** What `Allow` must say where a path has these operations. */
const allowedOf = (declared: readonly string[]) =>
  [...declared, ...(declared.includes('GET') ? ['HEAD'] : []), 'OPTIONS'].toSorted();

const told = (response: { headers: Record<string, unknown> }) =>
  String(response.headers['allow']).split(', ').toSorted();

/** An answer to HEAD-like methods has no body to look at; a problem document for the rest. */
function assertMethodRefused(response: LightMyRequestResponse, method: string): void {
  if (method === 'HEAD') return assert.equal(response.statusCode, 405);
  assertProblem(response, 405, 'METHOD_NOT_ALLOWED');
}

describe('a method that a path does not have', () => {
  it('is 405, with those that it has', async () => {
    for (const [path, declared] of methodsOfPath) {
      const allowed = allowedOf(declared);
      for (const method of methods.filter((name) => !allowed.includes(name))) {
        const response = await app.ask(method, path, { viewer: village.reader });
        assertMethodRefused(response, method);
        assert.deepEqual(told(response), allowed, `${method} ${path}`);
      }
    }
  });

  it('is 405 on the paths beside the operations too', async () => {
    for (const path of ['/health/live', '/health/ready', '/openapi.json', `/media/${'a'.repeat(64)}`]) {
      const response = await app.ask('DELETE', path);
      assertProblem(response, 405, 'METHOD_NOT_ALLOWED');
      assert.equal(response.headers['allow'], 'GET, HEAD, OPTIONS');
    }
  });

  it('is 405 in whatever form the router takes a path, and with whatever body', async () => {
    for (const path of [
      '/photos//like',
      '/%70hotos/9/like',
      '/photos/9/like#x',
      '/photos/no%0Aid/like',
      '/photos/9/lik%65',
    ])
      for (const method of ['DELETE', 'PATCH', 'QUERY'] as const) {
        const body = method === 'QUERY' ? {} : { headers: { 'content-type': 'application/json' }, body: '{' };
        const response = await app.ask(method, path, body);
        assertProblem(response, 405, 'METHOD_NOT_ALLOWED');
        assert.deepEqual(told(response), ['OPTIONS', 'PUT'], `${method} ${path}`);
      }
  });

  it('is answered when it asks for the methods themselves', async () => {
    for (const [path, declared] of methodsOfPath) {
      const response = await app.ask('OPTIONS', path);
      assert.equal(response.statusCode, 204);
      assert.equal(response.body, '');
      assert.deepEqual(told(response), allowedOf(declared));
    }
    assertProblem(await app.ask('OPTIONS', '/nowhere'), 404, 'NOT_FOUND');
  });

  it('does not hide HEAD', async () => {
    const response = await app.ask('HEAD', '/photos/1');
    assert.equal(response.statusCode, 200);
    assert.equal(response.body, '');
  });
});

describe('a path that nobody has', () => {
  it('is 404, with what follows a known path or comes in another form', async () => {
    for (const path of ['/', '/photo/1', '/photos', '/photos/1/x.css', '/users', '/PHOTOS/1', '//photos/1'])
      assertProblem(await app.ask('GET', path), 404, 'NOT_FOUND');
  });

  it('is a problem document when it cannot be decoded or is far too long', async () => {
    assertProblem(await app.ask('GET', '/photos/%zz'), 400, 'INVALID_REQUEST');
    const tooLong = await app.ask('GET', `/photos/${'1'.repeat(5_000)}`);
    assertProblem(tooLong, 414, 'PATH_TOO_LONG');
    assert.match(tooLong.body, /limit of 100 characters/);
  });
});

test('a value that is none of a few is told of with those that there are', async () => {
  const response = await app.ask('GET', `/users/${village.reader}/feeds?order=best`, {
    viewer: village.reader,
  });
  assertProblem(response, 400, 'INVALID_REQUEST');
  assert.equal(response.json<{ detail: string }>().detail, 'querystring/order must be one of time, ranked');
});

describe('a body', () => {
  const comment = (body: string | Buffer, type = 'application/json') =>
    app.ask('POST', '/photos/20/comments', { viewer: 7, headers: { 'content-type': type }, body });

  it('that is not JSON is 400', async () => {
    for (const body of ['{', '{"comment":}', "{'comment':'x'}", '', 'null', '"x"', '[]', '\u0000'])
      assertProblem(await comment(body), 400, 'INVALID_REQUEST');
    assertProblem(await comment('{"__proto__":{"comment":"x"}}'), 400, 'INVALID_REQUEST');
    assertProblem(await app.ask('POST', '/photos/20/comments', { viewer: 7 }), 400, 'INVALID_REQUEST');
  });

  it('that is not UTF-8, or holds half of a surrogate pair, is 400 and changes nothing', async () => {
    const broken = (bytes: number[]) =>
      Buffer.concat([Buffer.from('{"comment":"a'), Buffer.from(bytes), Buffer.from('"}')]);
    for (const body of [
      '{"comment":"a\\ud83d"}',
      '{"comment":"\\ude42a"}',
      '{"comment":"\\ude42\\ud83d"}',
      broken([0xff]),
      broken([0xed, 0xa0, 0xbd]),
      broken([0xf0, 0x9f, 0x99]),
    ])
      assertProblem(await comment(body), 400, 'INVALID_REQUEST');
    const message = (await comment('{"comment":"\\ud83d"}')).json<{ detail: string }>().detail;
    assert.match(message, /^body\/comment must be text without .* surrogate pair$/);
    const caption = { viewer: village.busy, body: '{"caption":"\\udfff"}' };
    const type = { headers: { 'content-type': 'application/json' } };
    assertProblem(await app.ask('PATCH', '/photos/20', { ...caption, ...type }), 400, 'INVALID_REQUEST');
    const [row] = await app.sql('SELECT version FROM photos WHERE id = 20');
    assert.deepEqual(row, { version: 1 });
    assert.equal((await app.ask('GET', '/photos/20/comments')).json<{ version: number }>().version, 1);
  });

  it('that is empty is none, whatever its type, where none is needed', async () => {
    const asks = [
      ['PUT', '/photos/10/like', 200],
      ['PUT', `/users/${village.sudden}/follow`, 204],
      ['DELETE', `/users/${village.sudden}/follow`, 204],
      ['DELETE', '/photos/11', 403],
    ] as const;
    const types = [
      'application/json',
      'application/json; charset=utf-8',
      'text/plain',
      'multipart/form-data',
    ];
    for (const [method, path, status] of asks)
      for (const type of [...types, 'application/x-www-form-urlencoded'])
        for (const body of [undefined, Readable.from([])]) {
          const headers = { 'content-type': type, ...(body && { 'transfer-encoding': 'chunked' }) };
          const response = await app.ask(method, path, { viewer: 7, headers, ...(body && { body }) });
          assert.equal(response.statusCode, status, `${method} ${path} ${type}: ${response.body}`);
        }
  });

  it('that is not needed is read all the same', async () => {
    const like = (type: string, body: string) =>
      app.ask('PUT', '/photos/10/like', { viewer: 7, headers: { 'content-type': type }, body });
    assert.equal((await like('application/json', '{"any":1}')).statusCode, 200);
    assertProblem(await like('application/json', '{'), 400, 'INVALID_REQUEST');
    assertProblem(await like('text/plain', 'x'), 415, 'UNSUPPORTED_MEDIA_TYPE');
  });

  it('of another type is 415', async () => {
    for (const type of ['text/plain', 'application/xml', 'application/x-www-form-urlencoded', 'nonsense'])
      assertProblem(await comment('comment=x', type), 415, 'UNSUPPORTED_MEDIA_TYPE');
  });

  it('that is larger than 64 KiB is 413', async () => {
    const body = JSON.stringify({ comment: 'x'.repeat(64 * 1024) });
    const response = await comment(body);
    assertProblem(response, 413, 'BODY_TOO_LARGE');
    assert.match(response.body, /limit of 65536 bytes/);
    const [row] = await app.sql('SELECT count(*)::integer AS comments FROM comments WHERE photo_id = 20');
    assert.deepEqual(row, { comments: 0 });
  });
});

describe('every answer', () => {
  it('names its replica, forbids guessing of types and shared keeping', async () => {
    for (const path of ['/photos/1', '/photos/999999', '/nowhere', '/users/1/feeds', '/photos/%zz']) {
      const { headers } = await app.ask('GET', path);
      assert.equal(headers['darkroom-replica'], 'r1');
      assert.equal(headers['x-content-type-options'], 'nosniff');
      assert.equal(headers['cache-control'], 'private, no-store');
    }
  });

  it('that failed inside tells nothing of it, but the log does', async () => {
    await app.sql('ALTER TABLE likes RENAME TO likes_elsewhere');
    const response = await app.ask('PUT', '/photos/9/like', { viewer: 7 });
    await app.sql('ALTER TABLE likes_elsewhere RENAME TO likes');
    assertProblem(response, 500, 'INTERNAL');
    assert.doesNotMatch(response.body, /likes|relation|42P01/);
    assert.match(app.logs.join(''), /relation \\"likes\\" does not exist/);
  });
});

describe('storage that does not answer', () => {
  it('is 503 with a time to try again, while the process lives and is not ready', async () => {
    const dark = await startTestApp({
      databaseUrl: 'postgres://postgres:s3cret@127.0.0.1:1/none',
      isStorageAway: true,
    });
    try {
      for (const [method, path, code] of [
        ['GET', '/photos/1', 'STORAGE_UNAVAILABLE'],
        ['GET', '/users/30/feeds', 'STORAGE_UNAVAILABLE'],
        // Who may see the photo is asked first.
        ['PUT', '/photos/1/like', 'RIGHTS_UNKNOWN'],
      ] as const) {
        const response = await dark.ask(method, path, { viewer: village.reader });
        assertProblem(response, 503, code);
        assert.equal(response.headers['retry-after'], '1');
      }
      assert.equal((await dark.ask('GET', '/health/live')).statusCode, 200);
      const ready = await dark.ask('GET', '/health/ready');
      assert.equal(ready.statusCode, 503);
      assert.deepEqual(ready.json(), { status: 'not ready', reason: 'storage does not answer' });
      assert.doesNotMatch(dark.logs.join(''), /s3cret/);
    } finally {
      await dark.close();
    }
  });
});
