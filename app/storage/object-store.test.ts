import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { DarkroomError } from '../errors.ts';
import { createFileStore } from './object-store.ts';

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'darkroom-objects-'));
});
after(() => rm(folder, { recursive: true, force: true }));

const digestOf = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

describe('the object store', () => {
  it('gives back what was put, under its SHA-256, in a folder of its first byte', async () => {
    const store = createFileStore(folder);
    const bytes = randomBytes(10_000);
    const digest = await store.put(bytes);
    assert.equal(digest, digestOf(bytes));
    assert.deepEqual(await store.get(digest), bytes);
    assert.deepEqual(await readdir(join(folder, digest.slice(0, 2))), [digest]);
  });

  it('has nothing under a digest that was never put', async () => {
    assert.equal(await createFileStore(folder).get('0'.repeat(64)), null);
  });

  it('holds one whole object when many put the same bytes at once', async () => {
    const store = createFileStore(folder);
    const bytes = randomBytes(200_000);
    const digests = await Promise.all(Array.from({ length: 20 }, () => store.put(bytes)));
    assert.deepEqual(new Set(digests), new Set([digestOf(bytes)]));
    assert.deepEqual(await store.get(digestOf(bytes)), bytes);
    const files = await readdir(join(folder, digestOf(bytes).slice(0, 2)));
    assert.ok(
      files.every((name) => /^[0-9a-f]{64}$/.test(name)),
      `drafts are left: ${files.join(' ')}`,
    );
  });

  it('takes an empty object', async () => {
    const store = createFileStore(folder);
    assert.deepEqual(await store.get(await store.put(Buffer.alloc(0))), Buffer.alloc(0));
  });

  it('fails when it cannot write, and leaves nothing', async () => {
    const file = join(folder, 'a file, not a folder');
    await writeFile(file, '');
    const isAway = (error: unknown) =>
      error instanceof DarkroomError &&
      error.code === 'OBJECT_STORE_UNAVAILABLE' &&
      error.cause !== undefined;
    const store = createFileStore(file);
    await assert.rejects(store.put(Buffer.from('x')), isAway);
    await assert.rejects(store.get('0'.repeat(64)), isAway);
    await assert.rejects(store.has('0'.repeat(64)), isAway);
  });
});
