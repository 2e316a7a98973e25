import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestRedis } from './support/databases.ts';
import { createSeededDatabase, startTestApp } from './support/test-app.ts';
import type { TestApp } from './support/test-app.ts';
import { village } from './support/village-rows.ts';
import { waitUntil } from './support/wait-until.ts';

/** What shows a photo of somebody, a comment of somebody, and who follows whom. */
const shown = {
  photo: '/photos/1',
  otherPhoto: '/photos/30',
  comments: '/photos/1/comments',
  grid: `/users/${village.busy}/posts`,
  followers: `/users/${village.famous}/followers`,
} as const;

async function show(app: TestApp, path: string): Promise<{ readonly text: string; readonly from: string }> {
  const { body, headers } = await app.ask('GET', path, { viewer: village.reader });
  return { text: body, from: String(headers['cache-status']).split(';', 2).join(';') };
}

test('replicas that read the change stream show what was changed in psql, long before a TTL ends', async (t) => {
  const database = await createSeededDatabase();
  const redis = createTestRedis();
  const apps = await Promise.all(
    ['r1', 'r2'].map((replica) =>
      startTestApp({
        candidate: 'change-stream:ttl=1h',
        databaseUrl: database.url,
        environment: {
          REDIS_URL: redis.url,
          DARKROOM_REDIS_PREFIX: redis.keyPrefix,
          DARKROOM_REPLICA: replica,
        },
      }),
    ),
  );
  t.after(async () => {
    await Promise.all(apps.map((app) => app.close()));
    await database.drop();
  });
  const [first] = apps as [TestApp, TestApp];
  /** Every replica has every page in its memory. */
  const warmUp = async () => {
    for (const app of apps)
      for (const path of Object.values(shown))
        await waitUntil(async () => (await show(app, path)).from === 'memory; hit');
  };
  const isShownBy = (path: string, matches: (text: string) => boolean) =>
    waitUntil(async () => {
      const pages = await Promise.all(apps.map((app) => show(app, path)));
      return pages.every(({ text }) => matches(text));
    });

  await warmUp();
  await first.sql("UPDATE photos SET caption = 'by hand' WHERE id = 1");
  await isShownBy(shown.photo, (text) => text.includes('by hand'));

  await warmUp();
  await first.sql("UPDATE users SET name = 'Busy Lizzie' WHERE id = $1", [village.busy]);
  for (const path of [shown.photo, shown.otherPhoto, shown.grid])
    await isShownBy(path, (text) => text.includes('Busy Lizzie'));
  await first.sql("UPDATE users SET name = 'New Fan' WHERE id = 25");
  await isShownBy(shown.followers, (text) => text.includes('New Fan'));

  await warmUp();
  await first.sql(
    `INSERT INTO comments (photo_id, author_id, text, created_at)
     SELECT 1, 5, 'written in psql', max(created_at) + interval '1 second' FROM comments`,
  );
  await isShownBy(shown.comments, (text) => text.includes('written in psql'));
  await isShownBy(shown.photo, (text) => text.includes('written in psql'));

  await warmUp();
  await first.sql("DELETE FROM comments WHERE text = 'written in psql'");
  await isShownBy(shown.comments, (text) => !text.includes('written in psql'));

  await warmUp();
  await first.sql('DELETE FROM photos WHERE id = 30');
  for (const app of apps)
    await waitUntil(
      async () => (await app.ask('GET', '/photos/30', { viewer: village.reader })).statusCode === 404,
    );
  await isShownBy(shown.grid, (text) => !text.includes('"id":30,'));

  await first.sql('TRUNCATE comments');
  await isShownBy(shown.comments, (text) => text.includes('"comments":[]'));
  for (const app of apps) assert.match((await show(app, shown.photo)).text, /"id":1/);
});
