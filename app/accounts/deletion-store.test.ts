import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import pg from 'pg';
import { connected } from '../../tests/support/connected-storage.ts';
import type { TestDatabase } from '../../tests/support/databases.ts';
import { whileItWaits } from '../../tests/support/lock-waits.ts';
import { createSeededDatabase } from '../../tests/support/test-app.ts';
import { village } from '../../tests/support/village-rows.ts';
import { createStorage } from '../storage/postgres.ts';
import type { Storage } from '../storage/postgres.ts';
import { countApart, countInRows } from '../counters/counted-changes-service.ts';
import type { CountedChanges } from '../counters/counted-changes-service.ts';
import { eventSlices } from '../counters/event-slices.ts';
import { createFollowRequestStore } from '../follows/follow-request-store.ts';
import { createDeletionStore } from './deletion-store.ts';
import type { DeletionStore } from './deletion-store.ts';

let database: TestDatabase;
let storage: Storage;
let store: DeletionStore;
/** Somebody else, with a transaction of their own. */
let other: pg.Client;
let admin: pg.Client;

before(async () => {
  database = await createSeededDatabase();
  storage = createStorage(database.url, 4, () => {});
  store = createDeletionStore(storage);
  other = new pg.Client({ connectionString: database.url });
  admin = new pg.Client({ connectionString: database.url });
  await Promise.all([connected(storage), other.connect(), admin.connect()]);
  // Thousands of comments need not raise the version of their photo one by one.
  await admin.query('SET darkroom.keeps_versions = on');
});
after(async () => {
  await storage.close();
  await Promise.all([other.end(), admin.end()]);
  await database.drop();
});

/** Changes as they are made where counts are kept apart: what is counted is nothing here. */
const uncountedApart = (queries: Storage): CountedChanges =>
  countApart({
    storage: queries,
    counters: { add: async () => ({ generationTimeMs: 0 }), committed: () => {} },
    countsInCommit: true,
    ownLikes: null,
  });

async function countOf(table: string, where: string): Promise<number> {
  const { rows } = await admin.query<{ count: number }>(
    `SELECT count(*)::integer AS count FROM ${table} WHERE ${where}`,
  );
  return rows[0]?.count ?? 0;
}

async function addPerson(): Promise<number> {
  const { rows } = await admin.query<{ id: number }>(`INSERT INTO users (name) VALUES ('x') RETURNING id`);
  return rows[0]?.id ?? 0;
}

async function addPhoto(ownerId: number, digest = 'a'): Promise<number> {
  const { rows } = await admin.query<{ id: number }>(
    `INSERT INTO photos (owner_id, caption, digest, width_px, height_px) VALUES ($1, '', repeat($2, 64), 1, 1) RETURNING id`,
    [ownerId, digest],
  );
  return rows[0]?.id ?? 0;
}

describe('the photos of an account that is deleted', () => {
  it('lose their likes and comments in steps, and their rows with the last of them', async () => {
    const owner = await addPerson();
    const photo = await addPhoto(owner);
    await admin.query(
      `WITH fans AS (INSERT INTO users (name) SELECT 'fan' FROM generate_series(1, 2500) RETURNING id),
        liked AS (INSERT INTO likes (photo_id, person_id) SELECT $1, id FROM fans)
       INSERT INTO comments (photo_id, author_id, text) SELECT $1, id, '' FROM fans`,
      [photo],
    );
    const [hidden] = await store.hidePhotos(owner);
    assert.equal(hidden?.id, photo);
    assert.deepEqual(await store.hidePhotos(owner), []);
    const left: number[][] = [];
    while ((await store.removeHiddenPhotos(owner)).length > 0)
      left.push([
        await countOf('likes', `photo_id = ${photo}`),
        await countOf('comments', `photo_id = ${photo}`),
        await countOf('photos', `id = ${photo}`),
      ]);
    assert.deepEqual(left, [
      [500, 500, 1],
      [0, 0, 0],
    ]);
  });

  it('lose the events of their counts in steps, and their rows with the last of them', async () => {
    const owner = await addPerson();
    const photo = await addPhoto(owner);
    const events = `INSERT INTO counter_events
      SELECT $1, $2, 0, date_trunc('day', now()), number::text, 1, false FROM generate_series(1, 2500) AS number`;
    await eventSlices.makeAhead(storage, Date.now(), 0);
    await admin.query(events, ['likes', photo]);
    await admin.query(events, ['followers', owner]);
    await admin.query(`INSERT INTO counter_rows VALUES ('likes', $1, 1)`, [photo]);
    const apart = createDeletionStore(storage, uncountedApart(storage));
    await apart.hidePhotos(owner);
    const left: number[][] = [];
    const ofPhoto = `namespace = 'likes' AND counter = '${photo}'`;
    while ((await apart.removeHiddenPhotos(owner)).length > 0)
      left.push([
        await countOf('counter_events', ofPhoto),
        await countOf('counter_rows', ofPhoto),
        await countOf('photos', `id = ${photo}`),
      ]);
    assert.deepEqual(left, [
      [500, 1, 1],
      [0, 0, 0],
    ]);
    assert.equal(await apart.removePerson(owner), true);
    assert.equal(await countOf('counter_events', `counter = '${owner}' AND namespace = 'followers'`), 0);
  });

  it('go with a like that was being stored in that moment', async () => {
    let photo = 0;
    await whileItWaits(admin, async () => {
      const owner = await addPerson();
      photo = await addPhoto(owner);
      await other.query('BEGIN');
      await other.query('INSERT INTO likes (photo_id, person_id) VALUES ($1, $2)', [photo, village.hermit]);
      await store.hidePhotos(owner);
      return { waiting: store.removeHiddenPhotos(owner), release: () => other.query('COMMIT') };
    });
    assert.equal(await countOf('photos', `id = ${photo}`), 0);
  });

  it('leave a note of each picture, which is anew where there was one', async () => {
    const owner = await addPerson();
    for (const digest of ['b', 'b', 'c']) await addPhoto(owner, digest);
    await admin.query(`INSERT INTO pictures_to_forget VALUES (repeat('b', 64), 'infinity')`);
    await store.hidePhotos(owner);
    await store.removeHiddenPhotos(owner);
    const isNoted = `digest IN (repeat('b', 64), repeat('c', 64)) AND claimed_until = '-infinity'`;
    assert.equal(await countOf('pictures_to_forget', isNoted), 2);
  });
});

describe('the followers of an account that is deleted', () => {
  it('lose what it has posted from the feeds that are kept for them', async () => {
    const person = await addPerson();
    await admin.query('INSERT INTO follows (follower_id, followed_id) VALUES ($1, $2)', [
      village.hermit,
      person,
    ]);
    await admin.query(
      `INSERT INTO feed_rows (reader_id, created_at, post_id, owner_id, expires_at)
       VALUES ($1, now(), 1, $2, now()), ($1, now(), 2, $3, now())`,
      [village.hermit, person, village.busy],
    );
    assert.deepEqual(await store.removeFollowers(person), [{ id: village.hermit }]);
    assert.equal(await countOf('feed_rows', `owner_id = ${person}`), 0);
    assert.equal(await countOf('feed_rows', `reader_id = ${village.hermit}`), 1);
  });
});

describe('the end of an account', () => {
  it('does not wait in a circle with who accepts a request to follow, however followers are counted', async () => {
    const changes = [countInRows(storage), uncountedApart(storage)];
    for (const [who, counted] of changes.flatMap((one) => [
      ['follower', one] as const,
      ['followed', one] as const,
    ])) {
      const accepted = await whileItWaits(admin, async () => {
        const people = { follower: await addPerson(), followed: await addPerson() };
        await admin.query('UPDATE users SET is_private = true WHERE id = $1', [people.followed]);
        await admin.query('INSERT INTO follow_requests (follower_id, followed_id) VALUES ($1, $2)', [
          people.follower,
          people.followed,
        ]);
        await other.query('BEGIN');
        await other.query('SELECT FROM users WHERE id = $1 FOR UPDATE', [people[who]]);
        return {
          waiting: createFollowRequestStore(storage, counted).accept(people.follower, people.followed),
          async release() {
            await other.query('SELECT darkroom_delete_person($1)', [people[who]]);
            await other.query('COMMIT');
          },
        };
      });
      assert.equal(accepted, undefined, 'the request has gone');
    }
  });

  it('takes the messages and dead letters of the person, and what others did that names them', async () => {
    const person = await addPerson();
    await admin.query(`INSERT INTO outbox (author_id, type, payload) VALUES ($1, 'posted', '{}')`, [person]);
    await admin.query(
      `INSERT INTO outbox_dead_letters
       VALUES (1, $1, 'posted', '{}', now(), now(), 1, '{}', 'feeds', 'none')`,
      [person],
    );
    await admin.query(
      `INSERT INTO activity (user_id, message_id, type, payload, created_at, expires_at)
       SELECT $2, number, 'liked', jsonb_build_object('postOwnerId', $1::integer, 'likerId', $2::integer), now(), now()
       FROM generate_series(1, 2500) AS number`,
      [person, village.hermit],
    );
    await store.removeActivity(person);
    assert.equal(await countOf('activity', `user_id = ${village.hermit}`), 500);
    assert.equal(await store.removePerson(person), true);
    assert.equal(await store.removePerson(person), false);
    for (const table of ['outbox', 'outbox_dead_letters'])
      assert.equal(await countOf(table, `author_id = ${person}`), 0, table);
    assert.equal(await countOf('activity', `user_id = ${village.hermit}`), 0);
  });

  it('waits for who changes the rights of that person, and lets them tell it', async () => {
    const isRemoved = await whileItWaits(admin, async () => {
      const person = await addPerson();
      await admin.query('INSERT INTO blocks (blocker_id, blocked_id) VALUES ($1, $2)', [
        person,
        village.hermit,
      ]);
      await other.query('BEGIN');
      await other.query('SELECT FROM users WHERE id = $1 FOR NO KEY UPDATE', [person]);
      return {
        waiting: store.removePerson(person),
        async release() {
          // As changing the privacy does, whose trigger tells it.
          await other.query('UPDATE users SET is_private = true WHERE id = $1', [person]);
          await other.query('COMMIT');
        },
      };
    });
    assert.equal(isRemoved, true);
  });
});
