import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import pg from 'pg';
import { connected } from '../../tests/support/connected-storage.ts';
import type { TestDatabase } from '../../tests/support/databases.ts';
import { createSeededDatabase } from '../../tests/support/test-app.ts';
import { createPicturesAside } from '../photos/rendition-service.ts';
import { blobsUnavailable } from '../storage/blob-store.ts';
import { createStorage } from '../storage/postgres.ts';
import type { Storage } from '../storage/postgres.ts';
import { createForgetPictures } from './forget-pictures.ts';
import { createForgottenPicturesStore } from './forgotten-pictures-store.ts';

let database: TestDatabase;
let storage: Storage;
let admin: pg.Client;
const asked: string[] = [];

before(async () => {
  database = await createSeededDatabase();
  storage = createStorage(database.url, 2, ({ statement }) => void asked.push(statement));
  await connected(storage);
  admin = new pg.Client({ connectionString: database.url });
  await admin.connect();
});
after(async () => {
  await storage.close();
  await admin.end();
  await database.drop();
});
beforeEach(async () => {
  await admin.query('DELETE FROM pictures_to_forget');
  asked.length = 0;
});

/** The photos of the village have no such digests. */
const digestOfPicture = (number: number): string => number.toString(16).padStart(64, 'f');
const noted = async (): Promise<number> => {
  const { rows } = await admin.query('SELECT FROM pictures_to_forget');
  return rows.length;
};
const note = (digests: readonly string[]) =>
  admin.query('INSERT INTO pictures_to_forget (digest) SELECT unnest($1::text[])', [digests]);
const post = (digest: string) =>
  admin.query(
    `INSERT INTO photos (owner_id, caption, digest, width_px, height_px) VALUES (1, '', $1, 1, 1)`,
    [digest],
  );

/** Blobs in memory, with as many pictures; `uploadsEnd` is the end of the time for which they are set aside. */
function startForgetting(pictures: readonly string[]) {
  const blobs = new Map<string, Buffer>(pictures.map((digest) => [digest, Buffer.from(digest)]));
  const background: Promise<unknown>[] = [];
  const { promise: uploadsEnded, resolve: uploadsEnd } = Promise.withResolvers<void>();
  const state = { isBlobStoreThere: true, nowMs: 1_000_000 };
  const blobStore = {
    get: (name: string) => Promise.resolve(blobs.get(name) ?? null),
    put: async (name: string, bytes: Uint8Array) => void blobs.set(name, Buffer.from(bytes)),
    remove: async (name: string) => void blobs.delete(name),
  };
  const aside = createPicturesAside(blobStore, {
    keepAsIs: async (whole) => void blobs.set(whole.toString(), whole),
    async remove(digest) {
      if (!state.isBlobStoreThere) throw blobsUnavailable(new Error('a test'));
      blobs.delete(digest);
    },
  });
  const forget = createForgetPictures({
    pictureStore: createForgottenPicturesStore(storage),
    pictures: aside,
    clock: { now: () => state.nowMs },
    wait: () => uploadsEnded,
    runInBackground: (_, task) => void background.push(task),
  });
  const end = async () => {
    uploadsEnd();
    await Promise.all(background);
  };
  return { blobs, state, forget, end, background };
}

describe('pictures whose photos have gone', () => {
  it('are found by nobody, and for good once uploads that had found them have ended', async () => {
    const digest = digestOfPicture(1);
    await note([digest]);
    const { blobs, forget, end } = startForgetting([digest]);
    await forget();
    assert.deepEqual([blobs.has(digest), await noted()], [false, 1]);
    await end();
    assert.deepEqual([[...blobs.keys()], await noted()], [[], 0]);
  });

  it('stay where a photo shows them, and come back where one does by then', async () => {
    const [shown, uploaded] = [digestOfPicture(2), digestOfPicture(3)];
    await post(shown);
    await note([shown, uploaded]);
    const { blobs, forget, end } = startForgetting([shown, uploaded]);
    await forget();
    assert.ok(blobs.has(shown) && !blobs.has(uploaded));
    await post(uploaded);
    await end();
    assert.deepEqual([[...blobs.keys()].toSorted(), await noted()], [[shown, uploaded].toSorted(), 0]);
  });

  it('are tried again when the store of objects has failed', async () => {
    const digest = digestOfPicture(4);
    await note([digest]);
    const { blobs, state, forget, end, background } = startForgetting([digest]);
    state.isBlobStoreThere = false;
    await assert.rejects(forget(), { code: 'OBJECT_STORE_UNAVAILABLE' });
    await Promise.all(background);
    assert.ok(blobs.has(digest));
    state.isBlobStoreThere = true;
    await forget();
    await end();
    assert.deepEqual([[...blobs.keys()], await noted()], [[], 0]);
  });

  it('are taken over, in use or not, when the process that had set them aside has died', async () => {
    const [unused, used] = [digestOfPicture(5), digestOfPicture(6)];
    await note([unused, used]);
    const { blobs, state, forget, end, background } = startForgetting([unused, used]);
    await forget();
    await forget();
    assert.equal(background.length, 1, 'they are the business of one process');
    await post(used);
    state.nowMs += 3_600_000;
    await forget();
    await end();
    assert.deepEqual([[...blobs.keys()], await noted()], [[used], 0]);
  });

  it('stay noted when they were noted anew meanwhile', async () => {
    const digest = digestOfPicture(7);
    await note([digest]);
    const { forget, end } = startForgetting([digest]);
    await forget();
    await admin.query(`UPDATE pictures_to_forget SET claimed_until = '-infinity'`);
    await end();
    assert.equal(await noted(), 1);
  });

  it('are looked up many at once', async () => {
    const digests = Array.from({ length: 50 }, (_, index) => digestOfPicture(100 + index));
    await note(digests);
    const { forget, end } = startForgetting(digests);
    await forget();
    await end();
    assert.deepEqual(asked, [
      'claim_pictures_to_forget',
      'select_used_digests',
      'claim_pictures_to_forget',
      'select_used_digests',
      'delete_pictures_to_forget',
    ]);
  });
});
