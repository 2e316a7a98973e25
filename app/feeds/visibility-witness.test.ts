import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createDatabaseOf } from '../../tests/support/databases.ts';
import type { TestDatabase } from '../../tests/support/databases.ts';
import { startTestApp } from '../../tests/support/test-app.ts';
import type { TestApp } from '../../tests/support/test-app.ts';
import { waitUntil } from '../../tests/support/wait-until.ts';
import { createStorage } from '../storage/postgres.ts';
import type { Storage } from '../storage/postgres.ts';
import { createFeedWitness } from './visibility-witness.ts';

let database: TestDatabase;
let app: TestApp;
let storage: Storage;
before(async () => {
  database = await createDatabaseOf({
    people: [1, 2].map((id) => ({ id, name: `Person ${id}`, createdAtMs: 0 })),
    follows: [{ followerId: 2, followedId: 1, createdAtMs: 0 }],
    witnesses: [{ authorId: 1, followerId: 2 }],
    photos: [],
    likes: [],
    comments: [],
  });
  app = await startTestApp({ databaseUrl: database.url });
  storage = createStorage(database.url, 2, () => {});
});
after(async () => {
  await storage.close();
  await app.close();
  await database.drop();
});

type Sighting = { post_id: number; seen_after_ms: number; is_timeout: boolean };
const sightings = () => app.sql<Sighting>('SELECT * FROM feed_sightings ORDER BY post_id');

test('a witness notes when its follower sees what it has posted, and waits while the clock of its world stands', async () => {
  const trouble: unknown[] = [];
  const { clock } = app;
  const witness = createFeedWitness({ storage, clock, onTrouble: (reason) => void trouble.push(reason) });
  try {
    witness.meet([await app.app.listen({ host: '127.0.0.1', port: 0 })]);
    await waitUntil(async () => (await sightings()).length >= 2);
    clock.stop();
    const photos = await app.sql<{ id: number; owner_id: number }>(
      'SELECT id, owner_id FROM photos ORDER BY id',
    );
    assert.ok(photos.every(({ owner_id }) => owner_id === 1));
    const seen = await sightings();
    assert.deepEqual(
      seen.map(({ post_id }) => post_id),
      photos.slice(0, seen.length).map(({ id }) => id),
    );
    assert.ok(seen.every(({ seen_after_ms, is_timeout }) => seen_after_ms >= 0 && !is_timeout));
    assert.deepEqual(trouble, []);
  } finally {
    await witness.stop();
  }
});
