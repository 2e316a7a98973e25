import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { startS3Server } from '../../tests/support/s3-server.ts';
import type { S3Server } from '../../tests/support/s3-server.ts';
import { DarkroomError } from '../errors.ts';
import { createFileBlobs, digestOf } from './blob-store.ts';
import type { BlobStore } from './blob-store.ts';
import { createS3Blobs } from './s3-blobs.ts';

let folder: string;
let server: S3Server;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'darkroom-blobs-'));
  server = await startS3Server();
});
after(async () => {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

const isAway = (error: unknown) =>
  error instanceof DarkroomError && error.code === 'OBJECT_STORE_UNAVAILABLE' && error.cause !== undefined;

const assertAway = async (store: BlobStore) => {
  await assert.rejects(store.put('ab', Buffer.from('x')), isAway);
  await assert.rejects(store.get('ab'), isAway);
  await assert.rejects(store.has('ab'), isAway);
  await assert.rejects(store.remove('ab'), isAway);
};

const drivers: readonly { readonly name: string; readonly open: () => BlobStore }[] = [
  { name: 'in files', open: () => createFileBlobs(folder) },
  { name: 'in S3', open: () => createS3Blobs(server.settings) },
];

for (const { name, open } of drivers)
  describe(`the blob store ${name}`, () => {
    let store: BlobStore;
    before(() => {
      store = open();
    });
    after(() => store.close());

    it('gives back what was put, under its name', async () => {
      const bytes = randomBytes(10_000);
      const digest = digestOf(bytes);
      for (const blob of [digest, `${digest}.320.webp`]) {
        assert.equal(await store.has(blob), false);
        await store.put(blob, bytes);
        assert.deepEqual(await store.get(blob), bytes);
        assert.equal(await store.has(blob), true);
      }
    });

    it('has nothing under a name that was never put, and nothing after it was removed', async () => {
      const digest = digestOf(randomBytes(8));
      assert.equal(await store.get(digest), null);
      await store.remove(digest);
      await store.put(digest, Buffer.from('x'));
      await store.remove(digest);
      assert.equal(await store.get(digest), null);
      assert.equal(await store.has(digest), false);
    });

    it('holds one whole blob when many put the same bytes at once', async () => {
      const bytes = randomBytes(200_000);
      const digest = digestOf(bytes);
      await Promise.all(Array.from({ length: 20 }, () => store.put(digest, bytes)));
      assert.deepEqual(await store.get(digest), bytes);
    });

    it('takes an empty blob', async () => {
      const digest = digestOf(Buffer.alloc(0));
      await store.put(digest, Buffer.alloc(0));
      assert.deepEqual(await store.get(digest), Buffer.alloc(0));
    });
  });

describe('the blob store in files', () => {
  it('has a folder for the first byte of each digest, a file for each blob, and no drafts', async () => {
    const store = createFileBlobs(join(folder, 'own'));
    const bytes = randomBytes(1_000);
    const digest = digestOf(bytes);
    await Promise.all(Array.from({ length: 20 }, () => store.put(digest, bytes)));
    assert.deepEqual(await readdir(join(folder, 'own', digest.slice(0, 2))), [digest]);
  });

  it('keeps the first bytes of a name', async () => {
    const store = createFileBlobs(folder);
    await store.put('ab', Buffer.from('first'));
    await store.put('ab', Buffer.from('second'));
    assert.equal(String(await store.get('ab')), 'first');
  });

  it('fails when it cannot write, and leaves nothing', async () => {
    const file = join(folder, 'a file, not a folder');
    await writeFile(file, '');
    await assertAway(createFileBlobs(file));
  });
});

describe('the blob store in S3', () => {
  it('fails when its server is away', async () => {
    const store = createS3Blobs({ ...server.settings, s3Endpoint: 'http://127.0.0.1:9' });
    await assertAway(store);
    store.close();
  });

  it('fails when its key is not known, or its bucket is not there', async () => {
    const stranger = createS3Blobs({ ...server.settings, s3AccessKeyId: 'nobody' });
    await assertAway(stranger);
    const nowhere = createS3Blobs({ ...server.settings, s3Bucket: 'nowhere' });
    await assert.rejects(nowhere.put('ab', Buffer.from('x')), isAway);
    await assert.rejects(nowhere.get('ab'), isAway);
    for (const store of [stranger, nowhere]) store.close();
  });

  it('puts a blob once more that met something else under its name, and fails when it does again', async () => {
    const answers = [409, 200, 409, 409];
    const contentious = createServer((request, response) => {
      request.resume().on('end', () => {
        const status = answers.shift() ?? 500;
        response.writeHead(status, { 'content-type': 'application/xml' });
        response.end(status === 200 ? '' : '<Error><Code>ConditionalRequestConflict</Code></Error>');
      });
    });
    await once(contentious.listen(0, '127.0.0.1'), 'listening');
    const { port } = contentious.address() as AddressInfo;
    const store = createS3Blobs({ ...server.settings, s3Endpoint: `http://127.0.0.1:${port}` });
    await store.put('ab', Buffer.from('x'));
    assert.deepEqual(answers, [409, 409]);
    await assert.rejects(store.put('ab', Buffer.from('x')), isAway);
    assert.deepEqual(answers, []);
    store.close();
    contentious.close();
  });
});
