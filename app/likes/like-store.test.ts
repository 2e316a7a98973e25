import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import pg from 'pg';
import { connected } from '../../tests/support/connected-storage.ts';
import { createSeededDatabase } from '../../tests/support/test-app.ts';
import { village } from '../../tests/support/village-rows.ts';
import { createStorage } from '../storage/postgres.ts';
import type { Storage } from '../storage/postgres.ts';
import { createLikeStore } from './like-store.ts';
import type { LikeStore } from './like-store.ts';

let database: { readonly url: string; drop(): Promise<void> };
let storage: Storage;
let likeStore: LikeStore;
let admin: pg.Pool;

before(async () => {
  database = await createSeededDatabase();
  // Enough that nobody waits for a connection, which has a limit of its own.
  storage = createStorage(database.url, 20, () => {});
  await connected(storage);
  likeStore = createLikeStore(storage);
  admin = new pg.Pool({ connectionString: database.url, max: 1 });
  admin.on('error', () => {});
});
after(async () => {
  await storage.close();
  await admin.end();
  await database.drop();
});

type Row = { readonly version: number; readonly likes: number; readonly rows: number };

async function stored(photoId: number): Promise<Row | undefined> {
  const { rows } = await admin.query<Row>(
    `SELECT version, like_count AS likes, (SELECT count(*)::integer FROM likes WHERE photo_id = photos.id) AS rows
     FROM photos WHERE id = $1`,
    [photoId],
  );
  return rows[0];
}

describe('a like that is foreseen', () => {
  it('is answered as adding it would be, and is not added', async () => {
    const before = await stored(village.discussed);
    for (const personId of [4, 5]) {
      const foreseen = await likeStore.foresee(village.discussed, personId);
      assert.deepEqual(foreseen, {
        likeCount: personId === 4 ? 3 : 4,
        version: before?.version,
        isNew: personId === 5,
      });
    }
    assert.deepEqual(await stored(village.discussed), before);
    assert.equal(await likeStore.foresee(village.nobody, 5), undefined);
  });
});

const like = (photoId: number, personId: number) => ({ photoId, personId });

describe('many likes at once', () => {
  it('are counted once each, and raise the version of each photo once', async () => {
    const likes = [like(10, 3), like(11, 3), like(10, 4), like(10, 3)];
    const changed = await likeStore.addMany(likes, false);
    assert.deepEqual(
      changed.toSorted((left, right) => left.id - right.id),
      [
        { id: 10, version: 2 },
        { id: 11, version: 2 },
      ],
    );
    assert.deepEqual(await stored(10), { version: 2, likes: 2, rows: 2 });
    assert.deepEqual(await likeStore.addMany(likes, false), [], 'nothing changes the second time');
    assert.deepEqual(await stored(10), { version: 2, likes: 2, rows: 2 });
  });

  it('name the photos of an earlier attempt when there may have been one', async () => {
    await likeStore.addMany([like(12, 3)], false);
    const changed = await likeStore.addMany([like(12, 3), like(13, 3)], true);
    assert.deepEqual(
      changed.toSorted((left, right) => left.id - right.id),
      [
        { id: 12, version: 2 },
        { id: 13, version: 2 },
      ],
    );
  });

  it('pass over photos and people that do not exist', async () => {
    await admin.query('UPDATE photos SET deleted_at = now() WHERE id = 14');
    const likes = [like(14, 3), like(village.nobody, 3), like(15, village.nobody), like(15, 3)];
    assert.deepEqual(await likeStore.addMany(likes, false), [{ id: 15, version: 2 }]);
    // Hiding it has raised its version.
    assert.deepEqual(await stored(14), { version: 2, likes: 0, rows: 0 });
    assert.deepEqual(await stored(15), { version: 2, likes: 1, rows: 1 });
    assert.deepEqual(await likeStore.addMany([], false), []);
  });

  it('never block each other or single likes, in whatever order they come', async () => {
    const photos = [20, 21, 22, 23, 24];
    const people = Array.from({ length: 30 }, (_, index) => index + 1);
    const all = photos.flatMap((photo) => people.map((person) => like(photo, person)));
    const shifted = (by: number) => [...all.slice(by), ...all.slice(0, by)];
    await Promise.all([
      ...[0, 37, 74, 111].flatMap((by) => [
        likeStore.addMany(shifted(by), false),
        likeStore.addMany(shifted(by).toReversed(), false),
      ]),
      ...all.filter((_, index) => index % 13 === 0).map((one) => likeStore.add(one.photoId, one.personId)),
    ]);
    for (const photo of photos) {
      const row = await stored(photo);
      assert.deepEqual([row?.likes, row?.rows], [30, 30]);
    }
  });
});
