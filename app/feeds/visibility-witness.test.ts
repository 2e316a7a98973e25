import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { connected } from '../../tests/support/connected-storage.ts';
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
let service: string;
/** Requests that have come, those that have not gone yet, and pages of feeds among them. */
const requests = { come: 0, underWay: 0, looks: 0 };
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
  await connected(storage);
  service = await app.app.listen({ host: '127.0.0.1', port: 0 });
  app.app.server.on('request', ({ method }: IncomingMessage, response: ServerResponse) => {
    requests.come += 1;
    requests.underWay += 1;
    requests.looks += method === 'GET' ? 1 : 0;
    response.on('close', () => void (requests.underWay -= 1));
  });
});
after(async () => {
  await storage.close();
  await app.close();
  await database.drop();
});

type Sighting = { post_id: number; seen_after_ms: number; is_timeout: boolean };
const sightings = () => app.sql<Sighting>('SELECT * FROM feed_sightings ORDER BY post_id');
const photoRows = () =>
  app.sql<{ id: number; owner_id: number }>('SELECT id, owner_id FROM photos ORDER BY id');

test('a witness notes when its follower sees what it has posted, and waits while the clock of its world stands', async () => {
  const trouble: unknown[] = [];
  let turns = 0;
  const clock = {
    now(): number {
      turns += 1;
      return app.clock.now();
    },
  };
  const turnsGoBy = async (count: number): Promise<void> => {
    const last = turns + count;
    await waitUntil(() => turns >= last);
  };
  const witness = createFeedWitness({ storage, clock, onTrouble: (reason) => void trouble.push(reason) });
  try {
    witness.meet([service]);
    await waitUntil(async () => (await sightings()).length >= 2);
    app.clock.stop();
    await turnsGoBy(4);
    await waitUntil(() => requests.underWay === 0);
    await turnsGoBy(2);
    const [photos, asked] = [await photoRows(), requests.come];
    assert.ok(photos.every(({ owner_id }) => owner_id === 1));
    const seen = await sightings();
    assert.deepEqual(
      seen.map(({ post_id }) => post_id),
      photos.slice(0, seen.length).map(({ id }) => id),
    );
    assert.ok(seen.every(({ seen_after_ms, is_timeout }) => seen_after_ms >= 0 && !is_timeout));
    await turnsGoBy(5);
    assert.equal(requests.come, asked);
    assert.deepEqual([await photoRows(), await sightings()], [photos, seen]);
    assert.deepEqual(trouble, []);
  } finally {
    await witness.stop();
    app.clock.resume(0);
  }
});

test('a witness looks on when it has seen everything: worlds that show posts late are not asked more often', async () => {
  let nowMs = Date.now();
  // So slow that a second post is far away, and it never stands still.
  const clock = { now: () => (nowMs += 1) };
  const before = await sightings();
  const witness = createFeedWitness({ storage, clock, onTrouble: (reason) => assert.fail(String(reason)) });
  try {
    witness.meet([service]);
    await waitUntil(async () => (await sightings()).length > before.length);
    const { looks } = requests;
    await waitUntil(() => requests.looks >= looks + 3);
    assert.equal((await sightings()).length, before.length + 1);
  } finally {
    await witness.stop();
  }
});
