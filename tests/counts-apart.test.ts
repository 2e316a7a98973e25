import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import pg from 'pg';
import { changesOf } from '../app/contract/operations.ts';
import { counterRowStore } from '../app/counters/counter-row-store.ts';
import { createFanOutStore } from '../app/feeds/fan-out-store.ts';
import { createStorage } from '../app/storage/postgres.ts';
import { askAgain } from './support/ask-again.ts';
import {
  candidateOf,
  followersOf,
  likesOn,
  startCountedVillage,
  villageFor,
} from './support/counted-village.ts';
import type { CountedVillage } from './support/counted-village.ts';
import { startDurableRedis, startOwnRedis } from './support/own-redis.ts';
import { startServiceProcess } from './support/service-process.ts';
import { headers } from '../app/contract/headers.ts';
import { createSeededDatabase, startTestApp } from './support/test-app.ts';
import type { TestApp } from './support/test-app.ts';
import { village } from './support/village-rows.ts';
import { waitUntil } from './support/wait-until.ts';

const like = async (app: TestApp, photoId: number, viewer: number): Promise<number> => {
  const answer = await askAgain(
    () => app.ask('PUT', `/photos/${photoId}/like`, { viewer }),
    ({ statusCode }) => statusCode === 503,
  );
  assert.equal(answer.statusCode, 200, answer.body);
  return answer.json<{ numberOfLikes: number }>().numberOfLikes;
};
const done = async (answer: Promise<{ statusCode: number; body: string }>): Promise<void> => {
  const { statusCode, body } = await answer;
  assert.ok(statusCode < 300, `${statusCode} ${body}`);
};
type Feed = { feeds: { postId: number; numberOfLikes: number }[] };
const likesInFeed = async (app: TestApp, viewer: number, photoId: number, order = 'time') => {
  const feed = (await app.ask('GET', `/users/${viewer}/feeds?order=${order}`, { viewer })).json<Feed>();
  return feed.feeds.find(({ postId }) => postId === photoId)?.numberOfLikes;
};

describe('likes that are counted late', () => {
  let counted: CountedVillage;
  before(async () => {
    counted = await startCountedVillage(candidateOf('eventual'));
  });
  after(() => counted.stop());

  it('are in what their own person is shown at once, by every replica, and once only when all are shown them', async () => {
    const [one, other] = counted.replicas;
    const { reader } = village;
    assert.equal(await like(one, 30, reader), 1);
    assert.equal(await like(other, 30, reader), 1, 'it is there already');
    for (const replica of counted.replicas) {
      assert.equal(await likesOn(replica, 30, reader), 1);
      assert.equal(await likesInFeed(replica, reader, 30), 1);
      assert.equal(await likesInFeed(replica, reader, 30, 'ranked'), 1);
      assert.equal(await likesOn(replica, 30, 7), 0, 'nobody has rolled it up');
      assert.equal(await likesOn(replica, 30), 0);
    }
    await counted.startRollups();
    for (const replica of counted.replicas) {
      await waitUntil(async () => (await likesOn(replica, 30, 7)) === 1);
      assert.equal(await likesOn(replica, 30, reader), 1);
      assert.equal(await likesInFeed(replica, reader, 30), 1);
    }
  });

  it('leave a message in the outbox all the same, in the transaction of the like', async () => {
    const [one] = counted.replicas;
    const app = await startTestApp({
      candidate: candidateOf('eventual', 'no-cache', ',outbox=on'),
      databaseUrl: counted.database.url,
      environment: counted.environment,
    });
    try {
      await like(app, 29, 8);
      await like(app, 29, 8);
      const messages = await one.sql<{ type: string; payload: object }>(
        'SELECT type, payload FROM outbox WHERE author_id = 8',
      );
      assert.deepEqual(messages, [
        { type: 'liked', payload: { postId: 29, postOwnerId: village.busy, likerId: 8 } },
      ]);
    } finally {
      await app.close();
    }
  });
});

describe('counts that are kept apart', () => {
  let counted: CountedVillage;
  before(async () => {
    counted = await startCountedVillage(candidateOf('raw-log'));
  });
  after(() => counted.stop());

  const rowOf = async (photoId: number) =>
    (
      await counted.replicas[0].sql<{ version: number; likes: number }>(
        'SELECT version, like_count AS likes FROM photos WHERE id = $1',
        [photoId],
      )
    )[0];

  it('change no row of a photo, and no entry of a cache', async () => {
    const [one] = counted.replicas;
    await waitUntil(async () => {
      await one.ask('GET', '/photos/20');
      return String((await one.ask('GET', '/photos/20')).headers['cache-status']).startsWith('memory; hit');
    });
    const before = await rowOf(20);
    for (const person of [3, 4]) await like(one, 20, person);
    const page = await one.ask('GET', '/photos/20');
    assert.match(String(page.headers['cache-status']), /^memory; hit/);
    const { numberOfLikes, version } = page.json<{ numberOfLikes: number; version: number }>();
    assert.deepEqual([numberOfLikes, version], [2, before?.version]);
    assert.deepEqual(await rowOf(20), before);
    assert.deepEqual([changesOf('like', false), changesOf('like', true)], [['photo'], []]);
    assert.deepEqual(changesOf('follow', true), ['followers'], 'their list is beside their number');
  });

  it('are read by one query for a whole page, and by none where they are in the rows', async () => {
    const [one] = counted.replicas;
    const queries = async (app: TestApp, path: string): Promise<number> => {
      const ask = () => app.ask('GET', path, { viewer: village.reader });
      await waitUntil(async () => String((await ask()).headers['cache-status']).startsWith('memory; hit'));
      await ask();
      const before = (await app.counters()).storageQueries;
      await ask();
      return (await app.counters()).storageQueries - before;
    };
    const inRows = await startTestApp({ candidate: 'versioned', environment: counted.environment });
    try {
      for (const path of [
        `/users/${village.reader}/feeds`,
        '/photos/9',
        `/users/${village.famous}/followers`,
      ]) {
        assert.equal(await queries(one, path), 1, path);
        assert.equal(await queries(inRows, path), 0, path);
      }
      assert.equal(await queries(one, `/users/${village.busy}/posts`), 0, 'a grid shows no counts');
    } finally {
      await inRows.close();
    }
  });

  it('let a photo be liked while its row is locked, which a count in the row waits for', async () => {
    const [one] = counted.replicas;
    const inRow = await startTestApp({ candidate: 'no-cache', databaseUrl: counted.database.url });
    const holder = new pg.Client({ connectionString: counted.database.url });
    await holder.connect();
    try {
      await holder.query('BEGIN');
      await holder.query('SELECT FROM photos WHERE id = 25 FOR NO KEY UPDATE');
      assert.equal(await like(one, 25, 3), 1);
      // Nobody waits long for a row: who has waited in vain asks again.
      const waits = askAgain(
        () => inRow.ask('PUT', '/photos/25/like', { viewer: 4 }),
        ({ statusCode }) => statusCode === 503,
      );
      const blocked = `SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%INSERT INTO likes%'
        AND datname = current_database()`;
      await waitUntil(async () => (await one.sql(blocked)).length > 0);
      await holder.query('ROLLBACK');
      assert.equal((await waits).statusCode, 200);
    } finally {
      await holder.end();
      await inRow.close();
    }
  });

  it('follow every way in which people come to follow, and cease to', async () => {
    const [one, other] = counted.replicas;
    const { busy, sudden, hermit, famous } = village;
    const followers = async (): Promise<number> => followersOf(other, busy);
    assert.equal(await followers(), 1);
    for (const method of ['PUT', 'DELETE', 'PUT', 'PUT', 'DELETE', 'DELETE', 'PUT'] as const)
      await done(one.ask(method, `/users/${busy}/follow`, { viewer: hermit }));
    assert.equal(await followers(), 2);
    await done(one.ask('PUT', `/users/${hermit}/follow`, { viewer: busy }));
    assert.equal(await followersOf(other, hermit), 1);
    await done(one.ask('PUT', `/users/${hermit}/block`, { viewer: busy }));
    assert.deepEqual([await followers(), await followersOf(other, hermit)], [1, 0], 'a block ends both');
    await done(one.ask('PUT', `/users/${sudden}/privacy`, { viewer: sudden, body: { isPrivate: true } }));
    await done(one.ask('PUT', `/users/${sudden}/follow`, { viewer: 12 }));
    const asSudden = async () =>
      (await other.ask('GET', `/users/${sudden}/followers`, { viewer: sudden })).json<{
        numberOfFollowers: number;
      }>().numberOfFollowers;
    assert.equal(await asSudden(), 1);
    await done(one.ask('PUT', `/users/${sudden}/follow-requests/12`, { viewer: sudden }));
    assert.equal(await asSudden(), 2);
    assert.equal(await followersOf(other, sudden), 0, 'a stranger is told nothing of who is private');
    const columns = await one.sql<{ id: number; count: number }>(
      'SELECT id, follower_count AS count FROM users WHERE id = ANY ($1::int[]) ORDER BY id',
      [[famous, busy, sudden, hermit]],
    );
    assert.deepEqual(
      columns.map(({ count }) => count),
      [24, 1, 1, 0],
      'columns are as they were',
    );
    const storage = createStorage(counted.database.url, 1, () => {});
    try {
      const authors = createFanOutStore(storage);
      assert.equal(
        (await authors.countAuthor(sudden, 1_000))?.followers,
        2,
        'who is a celebrity, rows decide',
      );
      assert.equal((await authors.countAuthor(famous, 10))?.followers, 10, 'as far as it matters');
    } finally {
      await storage.close();
    }
  });

  it('are less again by what an account had liked and followed that is deleted', async () => {
    const [one, other] = counted.replicas;
    const { discussed, famous } = village;
    const leaver = 4;
    for (const photoId of [26, 27]) await like(one, photoId, leaver);
    await like(one, 26, 5);
    assert.deepEqual(
      [await likesOn(other, 26), await likesOn(other, 27), await likesOn(other, discussed)],
      [2, 1, 3],
    );
    await done(one.ask('DELETE', `/users/${leaver}`, { viewer: leaver }));
    assert.deepEqual(
      [await likesOn(other, 26), await likesOn(other, 27), await likesOn(other, discussed)],
      [1, 0, 2],
      'the likes from before they were counted apart go as well',
    );
    assert.equal(await followersOf(other, famous), 23);
    const [left] = await one.sql<{ rows: string }>(
      `SELECT count(*) AS rows FROM counter_events WHERE token LIKE '%:${leaver}' OR token = '${leaver}'`,
    );
    assert.equal(left?.rows, '0', 'no event names the person');
  });

  it('of views are of modes that count in Redis', async () => {
    const [one] = counted.replicas;
    const page = (await one.ask('GET', '/photos/1')).json<object>();
    assert.ok(!('numberOfViews' in page));
  });
});

it('likes that wait in a queue are counted once when they are stored', async (context) => {
  const redis = await startDurableRedis();
  context.after(() => redis.stop());
  const counted = await startCountedVillage(candidateOf('raw-log', 'write-behind:flush=20ms'), {
    url: redis.url,
    keyPrefix: 'darkroom:test:',
  });
  context.after(() => counted.stop());
  const [one, other] = counted.replicas;
  const people = Array.from({ length: 12 }, (_, index) => index + 2);
  await Promise.all(people.flatMap((person) => [one, other].map((app) => like(app, 12, person))));
  for (const replica of counted.replicas)
    await waitUntil(async () => (await likesOn(replica, 12)) === people.length);
  assert.equal(await like(one, 12, 2), people.length, 'a forecast for who likes it already');
  assert.equal(await like(one, 12, 25), people.length + 1, 'and for who does not');
  const [row] = await one.sql<{ rows: string; like_count: number }>(
    'SELECT (SELECT count(*) FROM likes WHERE photo_id = 12) AS rows, like_count FROM photos WHERE id = 12',
  );
  assert.equal(row?.like_count, 0);
  await waitUntil(async () => (await likesOn(other, 12)) === people.length + 1);
});

it('likes that wait in a queue when a process ends are counted before it has ended', async (context) => {
  const redis = await startDurableRedis();
  context.after(() => redis.stop());
  const database = await createSeededDatabase();
  context.after(() => database.drop());
  const app = await startTestApp({
    candidate: 'write-behind:flush=10s,counter=flush,flush-every=1h',
    databaseUrl: database.url,
    environment: { REDIS_URL: redis.url, DARKROOM_REDIS_PREFIX: 'darkroom:test:' },
  });
  let photoId = 11;
  // One that Redis has no time for goes to storage at once, and is followed by another.
  await waitUntil(async () => {
    photoId += 1;
    await like(app, photoId, 2);
    const stored = await app.sql('SELECT FROM likes WHERE photo_id = $1 AND person_id = 2', [photoId]);
    return stored.length === 0;
  });
  await app.close();
  const storage = createStorage(database.url, 1, () => {});
  const rows = await counterRowStore.load(storage, [{ namespace: 'likes', counter: String(photoId) }]);
  await storage.close();
  assert.equal(rows.get(`likes:${photoId}`)?.count, 1);
});

it('views and likes in Redis are lost with it, and the pages are shown all the same', async (context) => {
  const redis = await startOwnRedis();
  context.after(() => redis.stop());
  const counted = await startCountedVillage(candidateOf('best-effort', 'no-cache'), {
    url: redis.url,
    keyPrefix: 'darkroom:test:',
  });
  context.after(() => counted.stop());
  const [one, other] = counted.replicas;
  const viewsOf = async (app: TestApp) =>
    (await app.ask('GET', '/photos/13')).json<{ numberOfViews?: number }>().numberOfViews;
  assert.deepEqual([await viewsOf(one), await viewsOf(other), await viewsOf(one)], [1, 2, 3]);
  await like(one, 13, 2);
  assert.equal(await likesOn(other, 13), 1);
  await redis.kill();
  const page = await other.ask('GET', '/photos/13');
  assert.equal(page.statusCode, 200, page.body);
  const { numberOfLikes } = page.json<{ numberOfLikes: number }>();
  assert.equal(numberOfLikes, 0, 'as wrong as the mode says');
  assert.ok(!('numberOfViews' in page.json<object>()));
  await like(one, 13, 3);
  const stored = await one.sql('SELECT FROM likes WHERE photo_id = 13');
  assert.equal(stored.length, 2, 'that they like it is exact');
});

it('what a process has not flushed is lost when it is killed, and the likes are not', async (context) => {
  const counted = await villageFor(context, candidateOf('flush', 'no-cache'));
  const [one] = counted.replicas;
  const killed = startServiceProcess({
    ...counted.environment,
    DARKROOM_CANDIDATE: 'no-cache:counter=flush,flush-every=1h',
    DARKROOM_LAB_MODE: '1',
    DARKROOM_LAB_TOKEN: 'token of a test',
    DARKROOM_MEDIA_DIR: one.mediaFolder,
    DARKROOM_LOG_LEVEL: 'error',
    DATABASE_URL: counted.database.url,
  });
  context.after(() => killed.stop());
  const { http } = await killed.listening;
  const request = { method: 'PUT', headers: { [headers.viewer]: '2' } };
  const answer = await askAgain(
    () => fetch(`http://127.0.0.1:${http}/photos/14/like`, request),
    ({ status }) => status === 503,
  );
  assert.equal(answer.status, 200);
  assert.deepEqual(((await answer.json()) as { numberOfLikes: number }).numberOfLikes, 1);
  await killed.stop();
  assert.equal((await one.sql('SELECT FROM likes WHERE photo_id = 14')).length, 1);
  assert.equal(await likesOn(one, 14), 0, 'as wrong as the mode says');
  assert.equal(await like(one, 14, 2), 0, 'it is there already: nobody counts it again');
});
