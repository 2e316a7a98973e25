import assert from 'node:assert/strict';
import { after, before, describe, it, test } from 'node:test';
import { connected } from '../../tests/support/connected-storage.ts';
import { createFeedDelivery } from '../../tests/support/feed-delivery.ts';
import type { FeedDelivery } from '../../tests/support/feed-delivery.ts';
import { greyJpeg } from '../../tests/support/grey-jpeg.ts';
import { photoForm } from '../../tests/support/multipart-form.ts';
import { walkPages } from '../../tests/support/page-walk.ts';
import { startServiceProcess } from '../../tests/support/service-process.ts';
import { startTestApp } from '../../tests/support/test-app.ts';
import type { TestApp } from '../../tests/support/test-app.ts';
import { village } from '../../tests/support/village-rows.ts';
import { waitUntil } from '../../tests/support/wait-until.ts';
import { parseCandidate } from '../candidates/parse-candidate.ts';
import { feedMetrics } from '../contract/feed-metrics.ts';
import { createFanOutObserver } from '../observability/feed-observers.ts';
import { createMetricsRegistry } from '../observability/metrics-registry.ts';
import { createStorage } from '../storage/postgres.ts';
import type { Storage } from '../storage/postgres.ts';
import { expireFeeds } from './feed-expiry.ts';
import { rowLifetimeMs } from './kept-feed-source.ts';

type Feed = { feeds: { postId: number; postOwnerId: number }[]; nextCursor: string | null };

const candidate = 'no-cache:feed=push,active=2';
const { feeds: settings } = parseCandidate(candidate);
/** People 2 to 25 follow `famous`. */
const followers = Array.from({ length: 24 }, (_, index) => index + 2);

let app: TestApp;
let delivery: FeedDelivery;
let storage: Storage;
before(async () => {
  app = await startTestApp({ candidate });
  delivery = createFeedDelivery(app.databaseUrl, settings);
  storage = createStorage(app.databaseUrl, 2, () => {});
  await connected(storage);
});
after(async () => {
  await delivery.close();
  await storage.close();
  await app.close();
});

const jpeg = greyJpeg({ width: 16, height: 16 });
const postBy = async (viewer: number): Promise<number> => {
  const answer = await app.ask('POST', `/users/${viewer}/posts`, { viewer, ...photoForm(jpeg) });
  assert.equal(answer.statusCode, 201, answer.body);
  return answer.json<{ id: number }>().id;
};
const feedOf = async (viewer: number, query = ''): Promise<Feed> =>
  (await app.ask('GET', `/users/${viewer}/feeds${query}`, { viewer })).json<Feed>();
const idsOf = async (viewer: number, query = ''): Promise<number[]> =>
  (await feedOf(viewer, query)).feeds.map(({ postId }) => postId);
const allIdsOf = async (viewer: number, order = ''): Promise<number[]> => {
  const pages = await walkPages<Feed>((query) => {
    const parts = [query.slice(1), order].filter((part) => part !== '');
    return app.ask('GET', `/users/${viewer}/feeds?${parts.join('&')}`, { viewer });
  });
  return pages.flatMap(({ feeds }) => feeds.map(({ postId }) => postId));
};

type Count = { readonly count: number };
const rowsOf = async (where: string): Promise<number> =>
  Number((await app.sql<Count>(`SELECT count(*) FROM feed_rows WHERE ${where}`))[0]?.count);
const isKept = async (reader: number): Promise<boolean> =>
  (await app.sql(`SELECT FROM feeds JOIN feed_epoch ON number = epoch WHERE reader_id = ${reader}`)).length >
  0;
/** Reads a feed and waits until it is kept. */
const keep = async (reader: number): Promise<void> => {
  await waitUntil(async () => {
    await feedOf(reader);
    return isKept(reader);
  });
};
const counterOf = async (name: string, labels = ''): Promise<number> => {
  const text = await app.metrics.registry.metrics();
  const line = text.split('\n').find((one) => one.startsWith(`${name}${labels} `));
  return Number(line?.split(' ')[1] ?? 0);
};

describe('a feed that is pushed', () => {
  test('DI-2: a post is answered while no worker runs, and is in every follower’s feed once one does', async () => {
    for (const reader of [2, 3]) await keep(reader);
    const id = await postBy(village.famous);
    assert.ok(!(await idsOf(2)).includes(id), 'nobody has written it there yet');
    const worker = startServiceProcess(
      {
        DARKROOM_CANDIDATE: candidate,
        DATABASE_URL: app.databaseUrl,
        DARKROOM_TELEMETRY: 'metrics',
        DARKROOM_LOG_LEVEL: 'warn',
      },
      'processes/worker.ts',
    );
    try {
      for (const reader of followers) await waitUntil(async () => (await idsOf(reader))[0] === id);
    } finally {
      await worker.stop();
    }
    assert.equal(await rowsOf(`post_id = ${id}`), followers.length);
  });

  test('DI-3: below the threshold a post is written once for each follower, and above it never', async () => {
    const registry = createMetricsRegistry();
    const observer = createFanOutObserver(registry);
    const written = async (): Promise<number> => {
      const { values } = (await registry.getSingleMetric(feedMetrics.feedFanOutRows.name)?.get()) ?? {
        values: [],
      };
      return values.reduce((sum, { value }) => sum + value, 0);
    };
    const fanOutWith = async (text: string, author: number): Promise<number> => {
      const { feeds } = parseCandidate(text);
      const own = createFeedDelivery(app.databaseUrl, feeds, undefined, observer);
      const before = await written();
      await postBy(author);
      await own.deliverAll();
      await own.close();
      return (await written()) - before;
    };
    assert.equal(await fanOutWith('feed=hybrid,celebrity=25', village.famous), 24);
    assert.equal(await fanOutWith('feed=hybrid,celebrity=24', village.famous), 0);
    assert.equal(await fanOutWith('feed=hybrid,celebrity=24', village.busy), 1);
    assert.equal(await fanOutWith('feed=hybrid,celebrity=24', village.unknown), 0, 'nobody follows');
    assert.equal(await fanOutWith('feed=push', village.famous), 24, 'with push everybody is fanned out');
  });

  it('has what the newly followed have posted, and nothing any more of who is not followed', async () => {
    await keep(village.hermit);
    const follow = { viewer: village.hermit };
    assert.equal((await app.ask('PUT', `/users/${village.unknown}/follow`, follow)).statusCode, 204);
    await delivery.deliverAll();
    await waitUntil(async () => (await idsOf(village.hermit)).length > 0);
    assert.deepEqual((await idsOf(village.hermit)).slice(-5), [40, 39, 38, 37, 36]);
    assert.equal((await app.ask('DELETE', `/users/${village.unknown}/follow`, follow)).statusCode, 204);
    await delivery.deliverAll();
    await waitUntil(async () => (await idsOf(village.hermit)).length === 0);
    assert.equal(await rowsOf(`reader_id = ${village.hermit}`), 0);
  });

  it('keeps the posts of who is followed again, also when the message of an earlier unfollow is replayed', async () => {
    await keep(village.hermit);
    const follow = { viewer: village.hermit };
    assert.equal((await app.ask('PUT', `/users/${village.unknown}/follow`, follow)).statusCode, 204);
    await delivery.deliverAll();
    const rows = await rowsOf(`reader_id = ${village.hermit}`);
    assert.ok(rows > 0);
    const payload = JSON.stringify({ followerId: village.hermit, followedId: village.unknown });
    await app.sql(`SELECT darkroom_publish($1, 'unfollowed', $2)`, [village.hermit, payload]);
    await delivery.deliverAll();
    assert.equal(await rowsOf(`reader_id = ${village.hermit}`), rows);
  });

  it('loses a photo that is deleted, and shows it nowhere before', async () => {
    const id = await postBy(village.famous);
    await delivery.deliverAll();
    await waitUntil(async () => (await idsOf(4)).includes(id));
    const owner = { viewer: village.famous };
    assert.equal((await app.ask('DELETE', `/photos/${id}`, owner)).statusCode, 204);
    assert.ok(!(await idsOf(4)).includes(id), 'the photo is looked at');
    await delivery.deliverAll();
    assert.equal(await rowsOf(`post_id = ${id}`), 0);
  });

  it('has no more rows than about so many, and all of its posts', async () => {
    const narrow = { ...settings, feedRows: 10 };
    const cutting = createFeedDelivery(app.databaseUrl, narrow);
    await app.sql(
      `SELECT set_config('darkroom.outbox', 'on', false);
       INSERT INTO photos (owner_id, caption, digest, width_px, height_px, created_at)
       SELECT ${village.famous}, '', repeat('c', 64), 1, 1, now() + number * interval '1 ms'
       FROM generate_series(1, 150) AS number;
       SELECT set_config('darkroom.outbox', '', false)`,
    );
    await cutting.deliverAll();
    await cutting.close();
    const rows = await rowsOf(`owner_id = ${village.famous}`);
    assert.ok(
      rows < followers.length * 100,
      `${rows} rows of ${followers.length} readers, of 150 posts each`,
    );
    const seen = await allIdsOf(5);
    assert.equal(new Set(seen).size, seen.length);
    assert.ok(seen.length >= 150, 'what was cut is gathered');
  });
});

/** As if a consumer had failed on them for too long. */
const giveUpUnfollows = () =>
  app.sql(
    `WITH removed AS (DELETE FROM outbox WHERE type = 'unfollowed' RETURNING *)
     INSERT INTO outbox_dead_letters
     SELECT id, author_id, type, payload, created_at, now(), 10, '{}', 'feeds', 'none' FROM removed`,
  );
const succeed = async (method: 'PUT' | 'DELETE', viewer: number, path: string, body?: object) => {
  const answer = await app.ask(method, path, { viewer, ...(body !== undefined && { body }) });
  assert.equal(answer.statusCode, 204, answer.body);
};

describe('who hides, and feeds that are kept', () => {
  it('leaves the feed of whom one has blocked, and takes that one out of the own, also when an unfollow was given up', async () => {
    const [blocker, blocked] = [12, village.famous];
    await postBy(blocked);
    await delivery.deliverAll();
    await app.sql(
      `INSERT INTO feed_rows (reader_id, created_at, post_id, owner_id, expires_at)
       VALUES (${blocked}, now(), 999, ${blocker}, now() + interval '1 day')`,
    );
    const rowsOfBoth = `reader_id IN (${blocker}, ${blocked}) AND owner_id IN (${blocker}, ${blocked})`;
    assert.ok((await rowsOf(rowsOfBoth)) > 1);
    await succeed('PUT', blocker, `/users/${blocked}/block`);
    await giveUpUnfollows();
    await delivery.deliverAll();
    assert.equal(await rowsOf(rowsOfBoth), 0);
  });

  it('is in no feed of who follows no more once private, also when an unfollow was given up', async () => {
    const [stranger, follower, hidden] = [10, 11, village.famous];
    await succeed('DELETE', stranger, `/users/${hidden}/follow`);
    await giveUpUnfollows();
    const rows = (reader: number) => rowsOf(`reader_id = ${reader} AND owner_id = ${hidden}`);
    const before = await rows(follower);
    assert.ok(before > 0 && (await rows(stranger)) > 0);
    for (const isPrivate of [true, false]) {
      await succeed('PUT', hidden, `/users/${hidden}/privacy`, { isPrivate });
      await delivery.deliverAll();
      assert.deepEqual([await rows(stranger), await rows(follower)], [0, before]);
    }
  });

  it('is told in the order of who does it: the last word counts', async () => {
    const [reader, author] = [13, village.famous];
    await keep(reader);
    await succeed('PUT', reader, `/users/${author}/block`);
    await succeed('DELETE', reader, `/users/${author}/block`);
    await succeed('PUT', reader, `/users/${author}/follow`);
    const told = await app.sql<{ type: string }>(
      `SELECT type FROM outbox WHERE author_id = ${reader} ORDER BY id`,
    );
    assert.deepEqual(
      told.map(({ type }) => type),
      ['blocked', 'unfollowed', 'followed'],
    );
    await delivery.deliverAll();
    assert.ok((await rowsOf(`reader_id = ${reader} AND owner_id = ${author}`)) > 0);
  });
});

describe('two workers', () => {
  it('never wait for each other in a circle, whose feeds ever they change', async (t) => {
    const workers = [1, 2].map(() => createFeedDelivery(app.databaseUrl, settings));
    t.after(() => Promise.all(workers.map((worker) => worker.close())));
    const pairs = [
      [1, 2],
      [2, 1],
    ];
    for (let round = 0; round < 10; round += 1) {
      for (const [one, other] of pairs)
        await app.sql(
          `SELECT darkroom_publish($1, 'deleted', jsonb_build_object('postId', 0, 'ownerId', $1::integer)),
             darkroom_publish($1, 'unfollowed', jsonb_build_object('followerId', $1::integer, 'followedId', $2::integer))`,
          [one, other],
        );
      await Promise.all(workers.map((worker) => worker.deliverAll()));
    }
    const refused = workers.flatMap((worker) => worker.refused);
    assert.deepEqual(refused, []);
  });
});

describe('an epoch of kept feeds', () => {
  const reader = 9;
  /** Posts and unfollows where nobody is told, while the feed is kept. */
  const actInSilence = async (): Promise<number> => {
    const silent = await startTestApp({ candidate: 'no-cache', databaseUrl: app.databaseUrl });
    try {
      await waitUntil(async () => !(await isKept(reader)));
      await keep(reader);
      const asked = { viewer: village.famous, ...photoForm(jpeg) };
      const posted = await silent.ask('POST', `/users/${village.famous}/posts`, asked);
      await silent.ask('DELETE', `/users/${village.busy}/follow`, { viewer: reader });
      await delivery.deliverAll();
      return posted.json<{ id: number }>().id;
    } finally {
      await silent.close();
    }
  };

  it('ends with a service that keeps none: what it told nobody is in the feeds that are gathered anew', async () => {
    await succeed('PUT', reader, `/users/${village.busy}/follow`);
    await keep(reader);
    const id = await actInSilence();
    await waitUntil(async () => (await idsOf(reader))[0] === id);
    await waitUntil(() => isKept(reader));
    assert.equal((await idsOf(reader))[0], id);
    const owners = (await feedOf(reader)).feeds.map(({ postOwnerId }) => postOwnerId);
    assert.ok(!owners.includes(village.busy), 'not followed any more');
    assert.equal(await rowsOf(`reader_id = ${reader} AND owner_id = ${village.busy}`), 0);
  });
});

describe('the feeds of active people', () => {
  test('DI-7: are bounded, and who had to go is read anew: one recomputation more', async () => {
    const { feedRecomputes, feedActiveReads, feedActiveEvictions } = feedMetrics;
    for (const reader of [6, 7, 8]) await keep(reader);
    await waitUntil(async () => {
      const before = await counterOf(feedActiveReads.name, '{result="hit"}');
      await feedOf(6);
      return (await counterOf(feedActiveReads.name, '{result="hit"}')) > before;
    });
    const recomputed = async (reader: number): Promise<number> => {
      const before = await counterOf(feedRecomputes.name);
      await feedOf(reader);
      return (await counterOf(feedRecomputes.name)) - before;
    };
    await feedOf(7);
    assert.deepEqual([await recomputed(6), await recomputed(7)], [0, 0], 'both are held');
    const evicted = await counterOf(feedActiveEvictions.name, '{reason="size"}');
    assert.equal(await recomputed(8), 1);
    assert.equal(await counterOf(feedActiveEvictions.name, '{reason="size"}'), evicted + 1);
    assert.equal(await counterOf(feedMetrics.feedActiveEntries.name), 2);
    assert.equal(await recomputed(6), 1, 'it was read longest ago');
    assert.deepEqual([await recomputed(8), await recomputed(6)], [0, 0]);
  });
});

describe('rows of feeds', () => {
  test('DI-8: expire by the clock of the world, and a feed that is read again is gathered anew', async () => {
    await keep(village.reader);
    const before = await allIdsOf(village.reader);
    assert.ok((await rowsOf(`reader_id = ${village.reader}`)) > 0);
    assert.equal(await expireFeeds(storage, app.clock), 0, 'it is not time yet');
    app.clock.resume(-rowLifetimeMs - 60_000);
    try {
      assert.ok((await expireFeeds(storage, app.clock)) > 0);
      assert.deepEqual([await rowsOf('true'), await isKept(village.reader)], [0, false]);
      assert.deepEqual(await allIdsOf(village.reader), before);
      await waitUntil(() => isKept(village.reader));
      assert.deepEqual(await allIdsOf(village.reader), before);
    } finally {
      app.clock.resume(0);
    }
  });

  test('DI-8: ranked feeds order by score, page by page, and time is a word away', async () => {
    const inTime = await allIdsOf(village.reader);
    assert.deepEqual(await allIdsOf(village.reader, 'order=time'), inTime);
    const ranked = await allIdsOf(village.reader, 'order=ranked');
    assert.deepEqual(
      ranked.toSorted((a, b) => a - b),
      inTime.toSorted((a, b) => a - b),
      'each once',
    );
    // Of those that are a year old, only one has been liked and commented on; the others differ by their ages alone.
    const old = ranked.filter((id) => id <= 40);
    assert.equal(inTime.at(-1), village.discussed);
    assert.deepEqual(old, [village.discussed, ...inTime.filter((id) => id <= 40).slice(0, -1)]);
  });
});
