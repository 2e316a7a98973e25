import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { assertProblem, startTestApp } from '../../tests/support/test-app.ts';
import type { TestApp } from '../../tests/support/test-app.ts';

let app: TestApp;
const digest = 'ab'.repeat(32);
before(async () => {
  app = await startTestApp();
  await mkdir(join(app.mediaFolder, 'ab'));
  await writeFile(join(app.mediaFolder, 'ab', digest), 'bytes');
  await writeFile(join(app.mediaFolder, 'secret'), 'nobody may read this');
});
after(() => app.close());

it('serves an image as an image that never changes', async () => {
  const response = await app.ask('GET', `/media/${digest}`);
  assert.equal(response.statusCode, 200);
  assert.equal(response.body, 'bytes');
  assert.equal(response.headers['content-type'], 'image/jpeg');
  assert.equal(response.headers['x-content-type-options'], 'nosniff');
  assert.equal(response.headers['cache-control'], 'public, max-age=31536000, immutable');
  assert.equal(response.headers['etag'], `"${digest}"`);
});

describe('a client that has the image', () => {
  const ask = (ifNoneMatch: string, more: Record<string, string> = {}) =>
    app.ask('GET', `/media/${digest}`, { headers: { 'if-none-match': ifNoneMatch, ...more } });

  it('gets 304, with what a 200 says of keeping it, and no body', async () => {
    const whole = await app.ask('GET', `/media/${digest}`);
    const etag = String(whole.headers['etag']);
    for (const tags of [etag, `W/${etag}`, '*', ` "x", W/"a,b" ,, ${etag}`, `"x",${etag},"y"`]) {
      const response = await ask(tags);
      assert.equal(response.statusCode, 304, tags);
      assert.equal(response.body, '');
      for (const name of ['etag', 'cache-control', 'darkroom-replica'])
        assert.equal(response.headers[name], whole.headers[name], name);
      assert.ok(response.headers['date'] !== undefined);
      for (const name of ['content-type', 'content-length'])
        assert.equal(response.headers[name], undefined, name);
    }
    const head = await app.ask('HEAD', `/media/${digest}`, { headers: { 'if-none-match': etag } });
    assert.equal(head.statusCode, 304);
  });

  it('gets the image when it has another one, or says what no list of tags is', async () => {
    const others = [
      '"x"',
      `"${digest}x"`,
      `W/"${'cd'.repeat(32)}"`,
      digest,
      `w/"${digest}"`,
      `"${digest}`,
      '',
    ];
    for (const tags of [...others, `"${digest}" "x"`, `x, "${digest}"`])
      assert.equal((await ask(tags)).statusCode, 200, tags);
  });

  it('is judged by its tags alone, whatever date it names beside them', async () => {
    const past = { 'if-modified-since': 'Thu, 01 Jan 1970 00:00:00 GMT' };
    const future = { 'if-modified-since': 'Fri, 01 Jan 2100 00:00:00 GMT' };
    assert.equal((await ask(`"${digest}"`, past)).statusCode, 304);
    assert.equal((await ask('"x"', future)).statusCode, 200);
    assert.equal((await app.ask('GET', `/media/${digest}`, { headers: future })).statusCode, 200);
  });

  it('is told that an image is not there, whatever it names', async () => {
    const gone = 'cd'.repeat(32);
    for (const tags of ['*', `"${gone}"`]) {
      const response = await app.ask('GET', `/media/${gone}`, { headers: { 'if-none-match': tags } });
      assertProblem(response, 404, 'NOT_FOUND');
      assert.equal(response.headers['etag'], undefined);
    }
  });
});

it('is 404 for an image that is not there, and lets nobody keep that answer', async () => {
  const response = await app.ask('GET', `/media/${'cd'.repeat(32)}`);
  assertProblem(response, 404, 'NOT_FOUND');
  assert.equal(response.headers['cache-control'], 'private, no-store');
});

it('reaches nothing but images', async () => {
  const names = [
    'secret',
    '..%2Fsecret',
    '%2e%2e%2fsecret',
    `${digest}x`,
    digest.toUpperCase(),
    'a',
    `${digest}.`,
  ];
  for (const name of names) {
    const response = await app.ask('GET', `/media/${name}`);
    assert.ok([400, 404].includes(response.statusCode), `${name}: ${response.statusCode}`);
    assert.doesNotMatch(response.body, /nobody may read/);
  }
});
