import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import sharp from 'sharp';
import { blobNamesOf, renditionEdges } from '../contract/renditions.ts';
import { digestOf } from '../storage/blob-store.ts';
import { assertProblem, startTestApp } from '../../tests/support/test-app.ts';
import type { TestApp } from '../../tests/support/test-app.ts';

let app: TestApp;
const digest = 'ab'.repeat(32);
/** 640 × 480. */
const sample = readFileSync(join(import.meta.dirname, '..', '..', 'loadtests', 'media', 'sample-1.jpg'));
const sampleDigest = digestOf(sample);
before(async () => {
  app = await startTestApp();
  await mkdir(join(app.mediaFolder, 'ab'));
  await writeFile(join(app.mediaFolder, 'ab', digest), 'bytes');
  await writeFile(join(app.mediaFolder, 'secret'), 'nobody may read this');
  await mkdir(join(app.mediaFolder, sampleDigest.slice(0, 2)));
  await writeFile(join(app.mediaFolder, sampleDigest.slice(0, 2), sampleDigest), sample);
});
after(() => app.close());

/** What the folder has of a photo. */
const filesOf = async (of: string) =>
  (await readdir(join(app.mediaFolder, of.slice(0, 2)))).filter((name) => name.startsWith(of));

it('ML-1: serves an image as one that never changes, which every HTTP cache on its way may keep', async () => {
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

describe('a rendition', () => {
  const ask = (edge: number | string, accept?: string, more: Record<string, string> = {}) =>
    app.ask('GET', `/media/${sampleDigest}/${edge}`, {
      headers: { ...(accept !== undefined && { accept }), ...more },
    });

  it('is made of a picture that has none yet, once, whoever asks at the same time', async () => {
    assert.deepEqual(await filesOf(sampleDigest), [sampleDigest]);
    const answers = await Promise.all(renditionEdges.map((edge) => ask(edge)));
    for (const { statusCode } of answers) assert.equal(statusCode, 200);
    assert.deepEqual((await filesOf(sampleDigest)).toSorted(), blobNamesOf(sampleDigest).toSorted());
  });

  it('is as large as it says, is never enlarged, and is webp for who names that', async () => {
    for (const edge of renditionEdges)
      for (const [accept, format] of [
        [undefined, 'jpeg'],
        ['*/*', 'jpeg'],
        ['image/webp,*/*;q=0.8', 'webp'],
      ] as const) {
        const answer = await ask(edge, accept);
        assert.equal(answer.statusCode, 200, answer.payload);
        assert.equal(answer.headers['content-type'], `image/${format}`);
        assert.equal(answer.headers['vary'], 'Accept');
        assert.equal(answer.headers['cache-control'], 'public, max-age=31536000, immutable');
        const { width, height, format: found } = await sharp(answer.rawPayload).metadata();
        const wide = Math.min(edge, 640);
        assert.deepEqual(
          { width, height, found },
          { width: wide, height: Math.round(wide * 0.75), found: format },
        );
      }
    const whole = await app.ask('GET', `/media/${sampleDigest}`);
    assert.deepEqual((await ask(1080)).rawPayload, whole.rawPayload);
  });

  it('has a tag of its own, by which a client is told that it has it', async () => {
    const tags = new Set<string>();
    for (const edge of renditionEdges)
      for (const accept of ['image/jpeg', 'image/webp']) {
        const etag = String((await ask(edge, accept)).headers['etag']);
        tags.add(etag);
        const held = await ask(edge, accept, { 'if-none-match': etag });
        assert.equal(held.statusCode, 304);
        assert.equal(held.headers['vary'], 'Accept');
        assert.equal(held.headers['etag'], etag);
      }
    assert.equal(tags.size, 2 * renditionEdges.length);
  });

  it('is one of four sizes, of a photo that is there', async () => {
    for (const edge of ['151', '0', '-150', '150.5', 'large', '', '1e3'])
      assert.ok([400, 404].includes((await ask(edge)).statusCode), edge);
    assertProblem(await app.ask('GET', `/media/${'cd'.repeat(32)}/320`), 404, 'NOT_FOUND');
  });

  it('says that it cannot be had where what is stored is no picture', async () => {
    assertProblem(await app.ask('GET', `/media/${digest}/320`), 503, 'OBJECT_STORE_UNAVAILABLE');
    assert.deepEqual(await filesOf(digest), [digest]);
  });

  it('is 404 when the photo is gone, though another rendition was left', async () => {
    const folder = join(app.mediaFolder, sampleDigest.slice(0, 2));
    await rm(join(folder, sampleDigest));
    await rm(join(folder, `${sampleDigest}.320.jpeg`));
    assertProblem(await ask(320), 404, 'NOT_FOUND');
    await writeFile(join(folder, sampleDigest), sample);
    assert.equal((await ask(320)).statusCode, 200);
  });
});

describe('a range of an image', () => {
  const ask = (range: string, more: Record<string, string> = {}, method: 'GET' | 'HEAD' = 'GET') =>
    app.ask(method, `/media/${digest}`, { headers: { range, ...more } });

  it('is that part of its bytes', async () => {
    const cases = [
      ['bytes=0-1', 'by', 'bytes 0-1/5'],
      ['bytes=3-99', 'es', 'bytes 3-4/5'],
      ['bytes=1-', 'ytes', 'bytes 1-4/5'],
      ['bytes=-2', 'es', 'bytes 3-4/5'],
    ] as const;
    for (const [range, part, contentRange] of cases) {
      const answer = await ask(range);
      assert.equal(answer.statusCode, 206, range);
      assert.equal(answer.payload, part);
      assert.equal(answer.headers['content-range'], contentRange);
      assert.equal(answer.headers['content-length'], String(part.length));
      assert.equal(answer.headers['accept-ranges'], 'bytes');
      assert.equal(answer.headers['etag'], `"${digest}"`);
    }
  });

  it('is all of them when it is no single range, when the image is another one, and for HEAD', async () => {
    for (const range of ['bytes=0-1,3-4', 'lines=0-1', 'bytes=3-1'])
      assert.equal((await ask(range)).payload, 'bytes', range);
    assert.equal((await ask('bytes=0-1', { 'if-range': '"other"' })).statusCode, 200);
    assert.equal((await ask('bytes=0-1', { 'if-range': `"${digest}"` })).statusCode, 206);
    const head = await ask('bytes=0-1', {}, 'HEAD');
    assert.equal(head.statusCode, 200);
    assert.equal(head.headers['content-length'], '5');
    assert.equal((await ask('bytes=0-1', { 'if-none-match': `"${digest}"` })).statusCode, 304);
  });

  it('is refused when it lies behind the end, with the length', async () => {
    const answer = await ask('bytes=5-');
    assertProblem(answer, 416, 'RANGE_NOT_SATISFIABLE');
    assert.equal(answer.headers['content-range'], 'bytes */5');
    assert.equal(answer.headers['cache-control'], 'private, no-store');
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
