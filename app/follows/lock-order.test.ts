import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import pg from 'pg';
import { connected } from '../../tests/support/connected-storage.ts';
import type { TestDatabase } from '../../tests/support/databases.ts';
import { whileItWaits } from '../../tests/support/lock-waits.ts';
import { createSeededDatabase } from '../../tests/support/test-app.ts';
import { createDeletionStore } from '../accounts/deletion-store.ts';
import { countApart, countInRows } from '../counters/counted-changes-service.ts';
import type { CountedChanges } from '../counters/counted-changes-service.ts';
import { createStorage } from '../storage/postgres.ts';
import type { Storage } from '../storage/postgres.ts';
import { createFollowStore } from './follow-store.ts';

let database: TestDatabase;
let storage: Storage;
/** Whoever blocks, one statement after the other. */
let blocker: pg.Client;
let admin: pg.Client;

before(async () => {
  database = await createSeededDatabase();
  storage = createStorage(database.url, 2, () => {});
  blocker = new pg.Client({ connectionString: database.url });
  admin = new pg.Client({ connectionString: database.url });
  await Promise.all([connected(storage), blocker.connect(), admin.connect()]);
});
after(async () => {
  await storage.close();
  await Promise.all([blocker.end(), admin.end()]);
  await database.drop();
});

const countings = (): Readonly<Record<string, CountedChanges>> => ({
  'in rows': countInRows(storage),
  apart: countApart({
    storage,
    counters: { add: async () => ({ generationTimeMs: 0 }), committed: () => {} },
    countsInCommit: true,
    ownLikes: null,
  }),
});

async function addFollow(): Promise<readonly [follower: number, followed: number]> {
  const { rows } = await admin.query<{ id: number }>(
    `INSERT INTO users (name) VALUES ('follower'), ('followed') RETURNING id`,
  );
  const [follower = 0, followed = 0] = rows.map(({ id }) => id);
  await admin.query('INSERT INTO follows (follower_id, followed_id) VALUES ($1, $2)', [follower, followed]);
  return [follower, followed];
}

type End = (counted: CountedChanges, follower: number, followed: number) => Promise<unknown>;
const endings: Readonly<Record<string, End>> = {
  'who unfollows': (counted, follower, followed) =>
    createFollowStore(storage, counted).remove(follower, followed),
  'who deletes the account of the follower': (counted, follower) =>
    createDeletionStore(storage, counted).removeFollowing(follower),
  'who deletes the account of the followed': (counted, _, followed) =>
    createDeletionStore(storage, counted).removeFollowers(followed),
};

for (const [who, end] of Object.entries(endings))
  test(`${who} and who blocks in this moment do not wait for each other in a circle`, async () => {
    for (const [how, counted] of Object.entries(countings()))
      await whileItWaits(admin, async () => {
        const [follower, followed] = await addFollow();
        await blocker.query('BEGIN');
        await blocker.query('SELECT id FROM users WHERE id IN ($1, $2) ORDER BY id FOR NO KEY UPDATE', [
          follower,
          followed,
        ]);
        return {
          waiting: end(counted, follower, followed),
          async release() {
            const { rowCount } = await blocker.query('DELETE FROM follows WHERE follower_id = $1', [
              follower,
            ]);
            assert.equal(rowCount, 1, how);
            await blocker.query('COMMIT');
          },
        };
      });
  });

test('who unfollows what somebody else has ended in between changes nothing', async () => {
  const [follower, followed] = await addFollow();
  const { remove } = createFollowStore(storage);
  assert.ok(((await remove(follower, followed))?.version ?? 0) > 1);
  assert.deepEqual(await remove(follower, followed), { version: null, isOfPrivate: false });
  assert.equal(await remove(follower, 2_000_000), undefined);
});
