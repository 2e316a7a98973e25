import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import { strategies } from '../app/cache/strategies/index.ts';
import { operations } from '../app/contract/operations.ts';
import type { WriteName } from '../app/contract/operations.ts';
import { answersOf, hitBaseOf } from '../cli/worlds/cache-counts.ts';
import { createTestRedis } from './support/databases.ts';
import { perform } from './support/photo-operations.ts';
import { createSeededDatabase, startTestApp } from './support/test-app.ts';
import type { TestApp } from './support/test-app.ts';
import { village } from './support/village-rows.ts';
import { waitUntil } from './support/wait-until.ts';

/** Not those that are there to show what happens when a write is not seen; write-behind needs a Redis of its own. */
const notHere = ['ttl-only', 'cache-aside-delete-first', 'write-behind'];
const candidates = [
  ...Object.keys(strategies).filter((name) => !notHere.includes(name)),
  'cache-aside:tiers=redis,codec=msgpack',
  'cache-aside:protection=single-flight,eviction=sieve,negative=5s',
  'versioned:tiers=memory,eviction=w-tinylfu,memory=64KiB',
  'versioned:tiers=redis',
  'versioned:invalidation=change-stream,protection=lease',
];

/** Between two looks at everything that is shown. */
const sweepPauseMs = 50;

/** Replicas of one service: one database, one Redis. */
async function startReplicas(candidate: string, count: number) {
  const database = await createSeededDatabase();
  const redis = createTestRedis();
  const environment = { REDIS_URL: redis.url, DARKROOM_REDIS_PREFIX: redis.keyPrefix };
  const apps = await Promise.all(
    Array.from({ length: count }, (_, index) =>
      startTestApp({
        candidate,
        databaseUrl: database.url,
        environment: { ...environment, DARKROOM_REPLICA: `r${index + 1}` },
      }),
    ),
  );
  const stop = async (): Promise<void> => {
    await Promise.all(apps.map((app) => app.close()));
    await database.drop();
  };
  return { apps, stop };
}

/** For one test. */
async function startFor(context: TestContext, candidate: string, count = 1): Promise<TestApp[]> {
  const { apps, stop } = await startReplicas(candidate, count);
  context.after(stop);
  return apps;
}

const outcomeOf = async (app: TestApp, path: string): Promise<string> =>
  String((await app.ask('GET', path, { viewer: village.reader })).headers['cache-status'])
    .split(';', 2)
    .join(';');

/** The memory tier takes entries once the bus has heard itself. */
async function warmUp(apps: readonly TestApp[], candidate: string): Promise<void> {
  if (candidate === 'no-cache') return;
  for (const app of apps) {
    await waitUntil(async () => {
      const outcome = await outcomeOf(app, '/users/29/posts');
      return candidate.includes('tiers=redis') ? outcome === 'redis; hit' : outcome === 'memory; hit';
    });
  }
}

/** What storage says of a photo. */
const storedPhotos = (app: TestApp) =>
  app.sql<{ id: number; version: number; likes: number; comments: number; caption: string; isGone: boolean }>(
    `SELECT id, version, like_count AS likes, comment_count AS comments, caption, deleted_at IS NOT NULL AS "isGone"
     FROM photos ORDER BY id`,
  );

/** Compares every photo, grid and follower count that the service shows with storage. */
async function assertShowsStorage(app: TestApp): Promise<void> {
  for (const { id, isGone, ...stored } of await storedPhotos(app)) {
    const response = await app.ask('GET', `/photos/${id}`);
    assert.equal(response.statusCode, isGone ? 404 : 200, `photo ${id}`);
    if (isGone) continue;
    const shown = response.json<{
      version: number;
      numberOfLikes: number;
      numberOfComments: number;
      caption: string;
    }>();
    const { version, numberOfLikes: likes, numberOfComments: comments, caption } = shown;
    assert.deepEqual({ version, likes, comments, caption }, stored, `photo ${id}`);
  }
  const people = await app.sql<{ id: number; posts: number; followers: number }>(
    'SELECT id, post_count AS posts, follower_count AS followers FROM users ORDER BY id',
  );
  for (const { id, posts, followers } of people) {
    const grid = (await app.ask('GET', `/users/${id}/posts`)).json<{ numberOfPosts: number }>();
    const list = (await app.ask('GET', `/users/${id}/followers`)).json<{ numberOfFollowers: number }>();
    assert.deepEqual([grid.numberOfPosts, list.numberOfFollowers], [posts, followers], `person ${id}`);
  }
}

async function assertIdentity(app: TestApp, candidate: string): Promise<void> {
  const { cache } = await app.counters();
  const { reads, memoryHits, redisHits, bypasses } = cache;
  const told = JSON.stringify(cache);
  assert.equal(answersOf(cache), reads, told);
  assert.equal(bypasses === reads, candidate === 'no-cache', told);
  if (candidate.includes('tiers=memory')) assert.equal(redisHits, 0, told);
  if (candidate.includes('tiers=redis')) assert.equal(memoryHits, 0, told);
}

for (const candidate of candidates) {
  describe(`two replicas with ${candidate}`, () => {
    let apps: [TestApp, TestApp];
    let stop: () => Promise<void>;
    before(async () => {
      const started = await startReplicas(candidate, 2);
      apps = started.apps as [TestApp, TestApp];
      stop = started.stop;
    });
    after(() => stop());

    it('ML-2: account for every read, to the unit, when many ask at once', async () => {
      const [app] = apps;
      const paths = ['/photos/1', '/photos/2', '/users/30/feeds', '/users/2/posts', '/photos/999999'];
      const asked = Array.from({ length: 60 }, (_, index) => paths[index % paths.length] as string);
      const responses = await Promise.all(
        asked.map((path) => app.askAgain('GET', path, { viewer: village.reader })),
      );
      for (const [index, { statusCode }] of responses.entries())
        assert.equal(statusCode, asked[index] === '/photos/999999' ? 404 : 200);
      await assertIdentity(app, candidate);
    });

    it('show at once what they have written, and soon what the other one has', async () => {
      const [one, other] = apps;
      await warmUp([one, other], candidate);
      // Even ones are written through the one replica, the others through the other; each third is deleted by the one.
      for (const photoId of [1, 2, 3, 6]) {
        for (const name of ['feedPage', 'photoPage', 'comments', 'profileGrid', 'followers'] as const)
          for (const app of [one, other]) assert.equal((await perform(app, name, photoId)).statusCode, 200);
        const writes = ['like', 'comment', 'follow', 'editCaption', 'post', 'unfollow'] as const;
        for (const name of writes) {
          const response = await perform(photoId % 2 === 0 ? one : other, name, photoId);
          assert.ok(response.statusCode < 300, `${name}: ${response.body}`);
        }
        if (photoId % 3 === 0) assert.equal((await perform(one, 'deletePhoto', photoId)).statusCode, 204);
        const writer = photoId % 2 === 0 || photoId % 3 === 0 ? one : other;
        const [stored] = (await storedPhotos(one)).filter(({ id }) => id === photoId);
        const isShown = async (): Promise<boolean> => {
          const shown = await perform(writer, 'photoPage', photoId);
          if (stored?.isGone) return shown.statusCode === 404;
          return shown.headers['darkroom-entry-version'] === String(stored?.version);
        };
        // The stream tells the writer too, in its own time.
        if (candidate === 'change-stream') await waitUntil(isShown);
        assert.ok(await isShown(), `photo ${photoId}`);
      }
      for (const app of [one, other]) {
        let difference: unknown;
        const isShown = (): Promise<boolean> =>
          assertShowsStorage(app).then(
            () => true,
            (error: unknown) => {
              difference = error;
              return false;
            },
          );
        await waitUntil(isShown, undefined, sweepPauseMs).catch(() => {
          throw difference;
        });
        await assertIdentity(app, candidate);
      }
    });
  });
}

describe('a warm cache', () => {
  it('answers a feed without storage, and asks it for one photo when one was liked', async (context) => {
    const [app] = (await startFor(context, 'versioned')) as [TestApp];
    await warmUp([app], 'versioned');
    const queries = async (work: () => Promise<unknown>): Promise<number> => {
      const earlier = await app.counters();
      await work();
      return (await app.counters()).storageQueries - earlier.storageQueries;
    };
    const feed = () => perform(app, 'feedPage', 1);
    assert.equal(await queries(feed), 2, 'cold: the ids, then all photos in one query');
    assert.equal(await queries(feed), 0);
    assert.equal((await feed()).headers['cache-status']?.toString().split(';', 2).join(';'), 'memory; hit');
    await perform(app, 'like', 30);
    assert.equal(await queries(feed), 1, 'one query for the one photo');
    const shown = (await feed()).json<{ feeds: { postId: number; numberOfLikes: number }[] }>();
    assert.deepEqual(
      shown.feeds.filter(({ postId }) => postId === 30).map(({ numberOfLikes }) => numberOfLikes),
      [1],
    );
  });

  it('keeps a feed for the candidate’s feed-ttl, and all else for its ttl', async (context) => {
    const candidate = 'cache-aside:tiers=memory,ttl=1h,jitter=0,feed-ttl=20s,invalidation=ttl';
    const [app] = (await startFor(context, candidate)) as [TestApp];
    const secondsLeft = async (name: 'feedPage' | 'photoPage') => {
      await perform(app, name, 1);
      const { headers } = await perform(app, name, 1);
      return Number(/memory; hit; ttl=(\d+)/.exec(String(headers['cache-status']))?.[1]);
    };
    const [ofFeed, ofPhoto] = [await secondsLeft('feedPage'), await secondsLeft('photoPage')];
    assert.ok(ofFeed > 0 && ofFeed <= 20, String(ofFeed));
    assert.ok(ofPhoto > 1_000 && ofPhoto <= 3_600, String(ofPhoto));
  });

  it('ML-1: says which layer answered: storage, then Redis in another replica, then its memory', async (context) => {
    const [one, other] = (await startFor(context, 'versioned', 2)) as [TestApp, TestApp];
    await warmUp([one, other], 'versioned');
    assert.equal(await outcomeOf(one, '/photos/9'), 'redis; fwd=miss');
    assert.equal(await outcomeOf(other, '/photos/9'), 'redis; hit');
    assert.equal(await outcomeOf(other, '/photos/9'), 'memory; hit');
  });

  it('keeps no page behind the first', async (context) => {
    const [app] = (await startFor(context, 'versioned')) as [TestApp];
    const { nextCursor } = (await app.ask('GET', '/users/2/posts')).json<{ nextCursor: string }>();
    const path = `/users/2/posts?cursor=${nextCursor}`;
    const before = (await app.counters()).cache;
    for (let time = 0; time < 2; time += 1) assert.equal(await outcomeOf(app, path), 'darkroom; fwd=bypass');
    const { cache } = await app.counters();
    assert.deepEqual([cache.reads - before.reads, cache.bypasses - before.bypasses], [2, 2]);
    assert.equal(hitBaseOf(cache), hitBaseOf(before), 'no hit ratio is a share of them');
  });

  it('stands still with its clock, and expires when that runs on', async (context) => {
    const [app] = (await startFor(context, 'versioned:tiers=memory,ttl=50ms,jitter=0')) as [TestApp];
    await warmUpShort(app);
    await outcomeOf(app, '/photos/9');
    app.clock.stop();
    const [first, second] = [await outcomeOf(app, '/photos/8'), await outcomeOf(app, '/photos/8')];
    assert.deepEqual([first, second], ['memory; fwd=miss', 'memory; hit']);
    const beganAtMs = performance.now();
    await waitUntil(() => performance.now() - beganAtMs > 100);
    assert.equal(await outcomeOf(app, '/photos/8'), 'memory; hit', 'no time has passed for it');
    app.clock.resume(0);
    await waitUntil(async () => (await outcomeOf(app, '/photos/8')) === 'memory; fwd=miss');
  });

  /** Two reads in a row must meet within a TTL of 50 ms. */
  const warmUpShort = (app: TestApp) =>
    waitUntil(async () => {
      await outcomeOf(app, '/users/29/posts');
      return (await outcomeOf(app, '/users/29/posts')) === 'memory; hit';
    });
});

describe('the table of what a write changes', () => {
  let app: TestApp;
  before(async () => {
    app = await startTestApp();
  });
  after(() => app.close());

  const versions = async () => {
    const photos = await app.sql<{ id: number; version: number; comments_version: number }>(
      'SELECT id, version, comments_version FROM photos',
    );
    const people = await app.sql<{ id: number; grid_version: number; followers_version: number }>(
      'SELECT id, grid_version, followers_version FROM users',
    );
    return new Map([
      ...photos.flatMap(({ id, version, comments_version }): [string, number][] => [
        [`photo ${id}`, version],
        [`comments ${id}`, comments_version],
      ]),
      ...people.flatMap(({ id, grid_version, followers_version }): [string, number][] => [
        [`profileGrid ${id}`, grid_version],
        [`followers ${id}`, followers_version],
      ]),
    ]);
  };

  const writes = Object.entries(operations).flatMap(([name, operation]) =>
    'changes' in operation ? [{ name: name as WriteName, changes: operation.changes }] : [],
  );
  for (const { name, changes } of writes) {
    it(`lists for ${name} exactly the versions that storage raises, by one each`, async () => {
      if (name === 'unfollow') await perform(app, 'follow', 1);
      if (name === 'follow') await perform(app, 'unfollow', 1);
      const earlier = await versions();
      assert.ok((await perform(app, name, name === 'deletePhoto' ? 20 : 10)).statusCode < 300);
      const raised = [...(await versions())].filter(([key, version]) => {
        // What is new begins at version 1, and so do its keys.
        const before = earlier.get(key) ?? 0;
        assert.ok(version === before || version === before + 1, `${key}: ${before} to ${version}`);
        return version !== before;
      });
      assert.deepEqual(raised.map(([key]) => String(key.split(' ', 1)[0])).toSorted(), changes.toSorted());
    });
  }
});
