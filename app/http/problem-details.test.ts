import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { operations, pathOf } from '../contract/operations.ts';
import { assertProblem, startTestApp } from '../../tests/support/test-app.ts';
import type { Method, TestApp } from '../../tests/support/test-app.ts';
import { village } from '../../tests/support/village-rows.ts';

let app: TestApp;
before(async () => {
  app = await startTestApp();
});
after(() => app.close());

const methods: readonly Method[] = ['GET', 'PUT', 'POST', 'PATCH', 'DELETE', 'OPTIONS'];

/** The methods of each path of the table of operations. */
const methodsOfPath = new Map(
  [...Map.groupBy(Object.values(operations), ({ route }) => route)].map(
    ([route, list]) => [pathOf(route, { userId: 1, photoId: 1 }), list.map(({ method }) => method)] as const,
  ),
);

describe('a method that a path does not have', () => {
  it('is 405, with those that it has', async () => {
    for (const [path, allowed] of methodsOfPath) {
      for (const method of methods.filter((name) => !allowed.includes(name as 'GET'))) {
        const response = await app.ask(method, path, { viewer: village.reader });
        assertProblem(response, 405, 'METHOD_NOT_ALLOWED');
        const told = String(response.headers['allow']).split(', ');
        const expected = allowed.includes('GET') ? [...allowed, 'HEAD'] : allowed;
        assert.deepEqual(told.toSorted(), expected.toSorted(), `${method} ${path}`);
      }
    }
  });

  it('is 405 on the paths beside the operations too', async () => {
    for (const path of ['/health/live', '/health/ready', '/openapi.json', `/media/${'a'.repeat(64)}`]) {
      const response = await app.ask('DELETE', path);
      assertProblem(response, 405, 'METHOD_NOT_ALLOWED');
      assert.equal(response.headers['allow'], 'GET, HEAD');
    }
  });

  it('does not hide HEAD', async () => {
    const response = await app.ask('HEAD', '/photos/1');
    assert.equal(response.statusCode, 200);
    assert.equal(response.body, '');
  });
});

describe('a path that nobody has', () => {
  it('is 404, with what follows a known path or comes in another form', async () => {
    for (const path of ['/', '/photo/1', '/photos', '/photos/1/x.css', '/users/1', '/PHOTOS/1', '//photos/1'])
      assertProblem(await app.ask('GET', path), 404, 'NOT_FOUND');
  });

  it('is a problem document when it cannot be decoded or is far too long', async () => {
    assertProblem(await app.ask('GET', '/photos/%zz'), 400, 'INVALID_REQUEST');
    const tooLong = await app.ask('GET', `/photos/${'1'.repeat(5_000)}`);
    assertProblem(tooLong, 400, 'INVALID_REQUEST');
  });
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

  it('of another type is 415', async () => {
    for (const type of ['text/plain', 'application/xml', 'application/x-www-form-urlencoded', 'nonsense'])
      assertProblem(await comment('comment=x', type), 415, 'UNSUPPORTED_MEDIA_TYPE');
  });

  it('that is larger than 64 KiB is 413', async () => {
    const body = JSON.stringify({ comment: 'x'.repeat(64 * 1024) });
    assertProblem(await comment(body), 413, 'BODY_TOO_LARGE');
    const [row] = await app.sql('SELECT count(*)::integer AS comments FROM comments WHERE photo_id = 20');
    assert.deepEqual(row, { comments: 0 });
  });
});

describe('every answer', () => {
  it('names its replica, forbids guessing of types and shared keeping', async () => {
    for (const path of ['/photos/1', '/photos/999999', '/nowhere', '/users/1/feeds']) {
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
    const dark = await startTestApp({ databaseUrl: 'postgres://postgres:s3cret@127.0.0.1:1/none' });
    try {
      for (const [method, path] of [
        ['GET', '/photos/1'],
        ['GET', '/users/30/feeds'],
        ['PUT', '/photos/1/like'],
      ] as const) {
        const response = await dark.ask(method, path, { viewer: village.reader });
        assertProblem(response, 503, 'STORAGE_UNAVAILABLE');
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
