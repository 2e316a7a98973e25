import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestRedis } from './support/databases.ts';
import { requestOf } from './support/photo-operations.ts';
import { createSeededDatabase, startTestApp } from './support/test-app.ts';
import type { TestApp } from './support/test-app.ts';
import { waitUntil } from './support/wait-until.ts';

/** Entries that outlive all that follows, in every tier. */
const long = 'ttl=10m,jitter=0,feed-ttl=10m';
const spared = 'photo-invalidation=ttl,profile-invalidation=ttl,comments-invalidation=ttl';
const pages = ['photoPage', 'comments', 'profileGrid', 'feedPage'] as const;

async function withReplicas(
  candidate: string,
  check: (deleting: TestApp, other: TestApp) => Promise<void>,
): Promise<void> {
  const database = await createSeededDatabase();
  const redis = createTestRedis();
  const start = (replica: string) =>
    startTestApp({
      candidate,
      databaseUrl: database.url,
      environment: {
        REDIS_URL: redis.url,
        DARKROOM_REDIS_PREFIX: redis.keyPrefix,
        DARKROOM_REPLICA: replica,
      },
    });
  const [deleting, other] = await Promise.all([start('r1'), start('r2')]);
  try {
    await check(deleting, other);
  } finally {
    await Promise.all([deleting, other].map((app) => app.close()));
    await database.drop();
  }
}

/** Which of the pages that may show a photo do so. */
async function shownBy(app: TestApp, photoId: number): Promise<string[]> {
  const shown = await Promise.all(
    pages.map(async (name) => {
      const { method, url, ask } = requestOf(name, photoId);
      const { statusCode, body } = await app.askAgain(method, url, ask);
      const isOwnPage = name === 'photoPage' || name === 'comments';
      return statusCode === 200 && (isOwnPage || new RegExp(`"(postId|id)":${photoId}\\b`).test(body));
    }),
  );
  return pages.filter((_, index) => shown[index] === true);
}

/** Photo 30 is the newest of its owner: on the first page of every list. */
async function deleteShownPhoto(deleting: TestApp, other: TestApp): Promise<void> {
  for (const app of [deleting, other]) assert.deepEqual(await shownBy(app, 30), pages);
  const { method, url, ask } = requestOf('deletePhoto', 30);
  assert.equal((await deleting.ask(method, url, ask)).statusCode, 204);
}

test('a photo that its owner has deleted is shown by nobody, whatever is spared by the invalidation of classes', () =>
  withReplicas(`versioned:${long},${spared}`, async (deleting, other) => {
    await deleteShownPhoto(deleting, other);
    assert.deepEqual(await shownBy(deleting, 30), []);
    await waitUntil(async () => (await shownBy(other, 30)).length === 0);
  }));

test('where nothing tells a replica of writes, the deleting one forgets it and the other one shows it for its lifetime', () =>
  withReplicas(`ttl-only:${long},${spared}`, async (deleting, other) => {
    await deleteShownPhoto(deleting, other);
    assert.deepEqual(await shownBy(deleting, 30), []);
    assert.deepEqual(await shownBy(other, 30), pages);
    other.emptyCaches();
    assert.deepEqual(await shownBy(other, 30), [], 'redis was cleared by who deleted it');
  }));
