import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
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
