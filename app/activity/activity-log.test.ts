import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { connected } from '../../tests/support/connected-storage.ts';
import { createSeededDatabase } from '../../tests/support/test-app.ts';
import type { OutboxMessage } from '../outbox/consumer.ts';
import { createStorage } from '../storage/postgres.ts';
import type { Storage } from '../storage/postgres.ts';
import { createActivityLog } from './activity-log.ts';

let database: { readonly url: string; drop(): Promise<void> };
let storage: Storage;
before(async () => {
  database = await createSeededDatabase();
  storage = createStorage(database.url, 2, () => {});
  await connected(storage);
});
after(async () => {
  await storage.close();
  await database.drop();
});

const nobody = 999_999;
const like: OutboxMessage = {
  id: '1',
  authorId: 2,
  type: 'liked',
  payload: { postId: nobody, postOwnerId: 3, likerId: 2 },
  createdAtMs: 0,
};

test('what names a person who has gone is not kept, and whoever else did it', async () => {
  const log = createActivityLog();
  const gone: readonly OutboxMessage[] = [
    { ...like, id: '2', payload: { ...like.payload, postOwnerId: nobody } },
    { ...like, id: '3', type: 'followed', payload: { followerId: 2, followedId: nobody } },
    { ...like, id: '4', authorId: nobody, payload: { ...like.payload, likerId: nobody } },
  ];
  for (const message of [like, ...gone, like]) await log.consume(message, storage);
  const kept = await storage.query(
    { name: 'kept', text: 'SELECT user_id, message_id, payload FROM activity' },
    [],
  );
  assert.deepEqual(kept, [{ user_id: 2, message_id: like.id, payload: like.payload }]);
});
