import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { after, before, describe, it } from 'node:test';
import sharp from 'sharp';
import { multipartForm, photoForm } from '../../tests/support/multipart-form.ts';
import { startS3Server } from '../../tests/support/s3-server.ts';
import { assertProblem, startTestApp } from '../../tests/support/test-app.ts';
import type { Ask, TestApp } from '../../tests/support/test-app.ts';
import { waitUntil } from '../../tests/support/wait-until.ts';
import { village } from '../../tests/support/village-rows.ts';
import { renditionEdges } from '../contract/renditions.ts';

const samples = join(import.meta.dirname, '..', '..', 'loadtests', 'media');
let app: TestApp;
let jpeg: Buffer;
before(async () => {
  app = await startTestApp();
  jpeg = await readFile(join(samples, 'sample-1.jpg'));
});
after(() => app.close());

type Posted = {
  id: number;
  createdAt: string;
  fullImageUrl: string;
  name: string;
  size: { width: number; height: number };
};

const post = (form: Pick<Ask, 'headers' | 'body'>, viewer: number = village.hermit) =>
  app.ask('POST', `/users/${viewer}/posts`, { viewer, ...form });

/** What there is of photos: rows, versions and stored files. A failed post leaves it as it was. */
async function everythingStored() {
  const [rows] = await app.sql(
    'SELECT (SELECT count(*) FROM photos) AS photos, (SELECT sum(grid_version) FROM users) AS versions',
  );
  const files = await readdir(app.mediaFolder, { recursive: true });
  return { ...rows, files: files.toSorted() };
}

describe('a post', () => {
  it('DI-1: POST /users/{id}/posts answers with the nine fields, and the bytes are readable at fullImageUrl', async () => {
    const response = await post(photoForm(jpeg, 'First light'));
    assert.equal(response.statusCode, 201, response.body);
    const posted = response.json<Posted>();
    const digest = posted.fullImageUrl.slice('/media/'.length);
    assert.deepEqual(posted, {
      type: 'ImageFile',
      id: posted.id,
      createdAt: posted.createdAt,
      createdBy: village.hermit,
      name: `${digest}.jpg`,
      updatedAt: posted.createdAt,
      updatedBy: village.hermit,
      fullImageUrl: `/media/${digest}`,
      size: { type: 'Size', width: 640, height: 480 },
    });
    assert.ok(posted.id > 40, 'ids go on behind the seeded ones');
    const image = await app.ask('GET', posted.fullImageUrl);
    assert.equal(image.statusCode, 200);
    assert.equal(image.headers['content-type'], 'image/jpeg');
    assert.match(String(image.headers['cache-control']), /immutable/);
    assert.equal(createHash('sha256').update(image.rawPayload).digest('hex'), digest);
    assert.equal((await sharp(image.rawPayload).metadata()).format, 'jpeg');
    const page = (await app.ask('GET', `/photos/${posted.id}`)).json<{ caption: string; imageUrl: string }>();
    assert.equal(page.caption, 'First light');
    assert.equal(page.imageUrl, posted.fullImageUrl);
  });

  it('is on its own profile, first, and raises its version by one', async () => {
    const grid = async () =>
      (await app.ask('GET', `/users/${village.hermit}/posts`)).json<{
        version: number;
        numberOfPosts: number;
        posts: { postId: number }[];
      }>();
    const earlier = await grid();
    const { id } = (await post(photoForm(jpeg))).json<Posted>();
    const later = await grid();
    assert.equal(later.posts[0]?.postId, id);
    assert.equal(later.numberOfPosts, earlier.numberOfPosts + 1);
    assert.equal(later.version, earlier.version + 1);
  });

  it('takes its caption before or after the file', async () => {
    const file = { name: 'file', value: jpeg, fileName: 'a.jpg' };
    const caption = { name: 'caption', value: 'Grüße 🙂' };
    for (const parts of [
      [caption, file],
      [file, caption],
    ]) {
      const { id } = (await post(multipartForm(parts))).json<Posted>();
      const page = (await app.ask('GET', `/photos/${id}`)).json<{ caption: string }>();
      assert.equal(page.caption, 'Grüße 🙂');
    }
  });

  it('waits for a caption that arrives long after the file', async () => {
    const { headers, body } = multipartForm([
      { name: 'file', value: jpeg, fileName: 'a.jpg' },
      { name: 'caption', value: 'late' },
    ]);
    const cut = body.length - 100;
    const inPieces = Readable.from([
      body.subarray(0, cut),
      body.subarray(cut, cut + 40),
      body.subarray(cut + 40),
    ]);
    const { id } = (await post({ headers, body: inPieces })).json<Posted>();
    assert.equal((await app.ask('GET', `/photos/${id}`)).json<{ caption: string }>().caption, 'late');
  });

  it('stores equal bytes once', async () => {
    const { fullImageUrl } = (await post(photoForm(jpeg))).json<Posted>();
    const filesBefore = (await everythingStored()).files;
    assert.equal((await post(photoForm(jpeg))).json<Posted>().fullImageUrl, fullImageUrl);
    assert.deepEqual((await everythingStored()).files, filesBefore);
  });

  it('may be larger than any other body', async () => {
    const width = 900;
    const noise = Buffer.alloc(width * width * 3);
    for (let index = 0; index < noise.length; index += 1) noise[index] = (index * 2_654_435_761) >>> 24;
    const large = await sharp(noise, { raw: { width, height: width, channels: 3 } })
      .jpeg({ quality: 100 })
      .toBuffer();
    assert.ok(large.length > 200_000, `${large.length} bytes`);
    assert.equal((await post(photoForm(large))).statusCode, 201);
  });
});

describe('a post that is refused', () => {
  let largest: ReturnType<typeof photoForm> | undefined;
  /** One byte more than may be sent; made once. */
  const tooLarge = () => (largest ??= photoForm(Buffer.alloc(64 * 1024 * 1024 + 1)));

  it('leaves nothing behind, whatever was wrong with it', async () => {
    const file = (value: Buffer, name = 'file') => ({ name, value, fileName: 'a.jpg' });
    const nul = { name: 'caption', value: 'a\u0000b' };
    const noUtf8 = { name: 'caption', value: Buffer.from([0x61, 0xff, 0x62]) };
    const long = { name: 'caption', value: 'x'.repeat(2_201) };
    const cutBody = { ...photoForm(jpeg), body: photoForm(jpeg).body.subarray(0, 20_000) };
    const gif = await sharp(jpeg).gif().toBuffer();
    const png = await sharp(jpeg).png().toBuffer();
    const cases: [string, ReturnType<typeof multipartForm>, number, string][] = [
      ['a text file', photoForm(Buffer.from('no photo at all')), 415, 'NOT_A_JPEG'],
      ['an empty file', photoForm(Buffer.alloc(0)), 415, 'NOT_A_JPEG'],
      ['a GIF that says it is a JPEG', photoForm(gif), 415, 'NOT_A_JPEG'],
      ['a PNG cut in its middle', photoForm(png.subarray(0, 20_000)), 422, 'BROKEN_PHOTO'],
      ['a PNG cut in its head', photoForm(png.subarray(0, 20)), 422, 'BROKEN_PHOTO'],
      ['an SVG', photoForm(Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>')), 415, 'NOT_A_JPEG'],
      ['a JPEG cut in its middle', photoForm(jpeg.subarray(0, 20_000)), 422, 'BROKEN_JPEG'],
      ['a JPEG cut in its head', photoForm(jpeg.subarray(0, 30)), 422, 'BROKEN_JPEG'],
      ['too many bytes', tooLarge(), 413, 'BODY_TOO_LARGE'],
      ['a form cut off in its file', cutBody, 400, 'INVALID_REQUEST'],
      ['no file', multipartForm([{ name: 'caption', value: 'x' }]), 400, 'INVALID_REQUEST'],
      ['the file in another part', multipartForm([file(jpeg, 'photo')]), 400, 'INVALID_REQUEST'],
      ['two files', multipartForm([file(jpeg), file(jpeg, 'more')]), 400, 'INVALID_REQUEST'],
      ['a caption that is too long', multipartForm([long, file(jpeg)]), 400, 'INVALID_REQUEST'],
      ['a caption storage cannot hold', multipartForm([nul, file(jpeg)]), 400, 'INVALID_REQUEST'],
      ['a caption that is no UTF-8', multipartForm([noUtf8, file(jpeg)]), 400, 'INVALID_REQUEST'],
      ['no part at all', multipartForm([]), 400, 'INVALID_REQUEST'],
    ];
    const earlier = await everythingStored();
    for (const [what, form, status, code] of cases) {
      const response = await post(form);
      assert.equal(response.statusCode, status, `${what}: ${response.body}`);
      assertProblem(response, status, code);
      assert.deepEqual(await everythingStored(), earlier, what);
    }
  });

  it('is told which limit it meets, and its value', async () => {
    const field = { name: 'caption', value: 'x' };
    const cases = [
      [tooLarge(), /limit of 67108864 bytes/],
      [photoForm(jpeg, 'x'.repeat(2_201)), /at most 2200 characters/],
      [multipartForm([field, field, field, field, field]), /may have 4 fields/],
      [
        multipartForm([1, 2].map((name) => ({ name: `${name}`, value: jpeg, fileName: 'a' }))),
        /may have 1 file/,
      ],
    ] as const;
    for (const [form, message] of cases)
      assert.match((await post(form)).json<{ detail: string }>().detail, message);
  });

  it('is refused unread when too many bytes of others are under way, which are let go with them', async () => {
    // Without a length, each is reckoned as the largest that there may be, twice.
    const { headers, body } = photoForm(jpeg);
    const held = Array.from({ length: 2 }, () => new PassThrough());
    // A request that nobody awaits is not sent.
    const waiting = held.map((stream) => Promise.resolve(post({ headers, body: stream })));
    for (const stream of held) stream.write(body.subarray(0, 1_000));
    await waitUntil(async () => (await post({ headers, body: Readable.from([body]) })).statusCode === 503);
    const refused = await post({ headers, body: Readable.from([body]) });
    assertProblem(refused, 503, 'OVERLOADED');
    assert.match(refused.body, /uploads take all of 335544320 bytes or 128 places, and none may wait/);
    assert.equal((await post(photoForm(jpeg))).statusCode, 201, 'there is room for a small one');
    for (const stream of held) stream.end(body.subarray(1_000));
    for (const { statusCode } of await Promise.all(waiting)) assert.equal(statusCode, 201);
    assert.equal((await post({ headers, body: Readable.from([body]) })).statusCode, 201);
  });

  it('is refused before its body is read when it is another’s, or nobody’s', async () => {
    const earlier = await everythingStored();
    const form = photoForm(jpeg);
    const path = `/users/${village.busy}/posts`;
    assertProblem(await app.ask('POST', path, { viewer: village.sudden, ...form }), 403, 'FORBIDDEN');
    assertProblem(await app.ask('POST', path, form), 401, 'VIEWER_REQUIRED');
    assert.deepEqual(await everythingStored(), earlier);
  });

  it('is 404 for a person who does not exist, and stores no row', async () => {
    const { photos } = (await everythingStored()) as unknown as { photos: string };
    assertProblem(await post(photoForm(jpeg), village.nobody), 404, 'NOT_FOUND');
    assert.equal(((await everythingStored()) as unknown as { photos: string }).photos, photos);
  });

  it('must be multipart', async () => {
    const path = `/users/${village.hermit}/posts`;
    const viewer = village.hermit;
    for (const type of ['image/jpeg', 'text/plain', 'application/json', 'application/octet-stream']) {
      const body = type === 'application/json' ? '{}' : jpeg;
      const response = await app.ask('POST', path, { viewer, headers: { 'content-type': type }, body });
      assertProblem(response, 415, 'UNSUPPORTED_MEDIA_TYPE');
    }
    assertProblem(
      await app.ask('POST', path, {
        viewer,
        headers: { 'content-type': 'multipart/form-data' },
        body: jpeg,
      }),
      400,
      'INVALID_REQUEST',
    );
    assert.ok([400, 415].includes((await app.ask('POST', path, { viewer })).statusCode));
  });
});

it('in a service whose photos lie in S3, is readable in every size, and leaves no file', async () => {
  const server = await startS3Server();
  const { s3Bucket, s3Endpoint, s3AccessKeyId, s3SecretAccessKey } = server.settings;
  const second = await startTestApp({
    databaseUrl: app.databaseUrl,
    environment: {
      DARKROOM_BLOB_STORE: 's3',
      DARKROOM_S3_BUCKET: s3Bucket,
      DARKROOM_S3_ENDPOINT: s3Endpoint,
      DARKROOM_S3_ACCESS_KEY_ID: s3AccessKeyId,
      DARKROOM_S3_SECRET_ACCESS_KEY: s3SecretAccessKey,
    },
  });
  try {
    const path = `/users/${village.hermit}/posts`;
    const posted = await second.ask('POST', path, { viewer: village.hermit, ...photoForm(jpeg) });
    assert.equal(posted.statusCode, 201, posted.payload);
    const { fullImageUrl } = posted.json<Posted>();
    for (const url of [fullImageUrl, ...renditionEdges.map((edge) => `${fullImageUrl}/${edge}`)]) {
      const image = await second.ask('GET', url);
      assert.equal(image.statusCode, 200);
      assert.equal((await sharp(image.rawPayload).metadata()).format, 'jpeg');
    }
    assert.deepEqual(await readdir(second.mediaFolder), []);
  } finally {
    await second.close();
    await server.stop();
  }
});
