import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import pg from 'pg';
import { connected } from '../../tests/support/connected-storage.ts';
import { createFakeClock } from '../../tests/support/fake-clock.ts';
import { createSeededDatabase } from '../../tests/support/test-app.ts';
import { village } from '../../tests/support/village-rows.ts';
import { waitUntil } from '../../tests/support/wait-until.ts';
import { createBlockStore } from '../blocks/block-store.ts';
import { createCommentStore } from '../comments/comment-store.ts';
import { createFollowStore } from '../follows/follow-store.ts';
import { createLikeStore } from '../likes/like-store.ts';
import { createPhotoStore } from '../photos/photo-store.ts';
import { createPrivacyStore } from '../privacy/privacy-store.ts';
import { createStorage } from '../storage/postgres.ts';
import type { Storage } from '../storage/postgres.ts';
import type { Consumer, OutboxMessage } from './consumer.ts';
import { listDeadLetters, replayDeadLetters } from './dead-letters.ts';
import { attemptsMax, createDelivery } from './delivery.ts';
import type { OutboxEvent } from './outbox-events.ts';
import { outboxTable } from './outbox-table.ts';

let database: { readonly url: string; drop(): Promise<void> };
let storage: Storage;
let plain: Storage;
let admin: pg.Client;

before(async () => {
  database = await createSeededDatabase();
  admin = new pg.Client({ connectionString: database.url });
  await admin.connect();
  storage = createStorage(database.url, 4, () => {}, { hasOutbox: true });
  plain = createStorage(database.url, 2, () => {});
  await Promise.all([storage, plain].map(connected));
  // What consumers of the test have done, in their order.
  await sql(
    'CREATE TABLE heard (number bigserial, consumer text, message_id bigint, author_id integer, type text)',
  );
});
after(async () => {
  await storage.close();
  await plain.close();
  await admin.end();
  await database.drop();
});
beforeEach(() => sql('TRUNCATE outbox, outbox_dead_letters, heard; DELETE FROM likes WHERE photo_id > 1'));

async function sql<Row extends object>(text: string): Promise<readonly Row[]> {
  const { rows } = await admin.query<Row>(text);
  return rows;
}

/** So many likes of each of these people, in turns. */
async function likeInTurns(people: readonly number[], each: number): Promise<void> {
  const likes = createLikeStore(storage);
  for (let photo = 0; photo < each; photo += 1)
    for (const person of people) await likes.add(10 + photo, person);
}

/** A consumer that keeps what it has heard, and fails on what it is told to. */
function createListener(name: string, failsOn: (message: OutboxMessage) => boolean = () => false): Consumer {
  return {
    name,
    takes: ['liked', 'followed'],
    async consume(message, queries) {
      await queries.query(
        {
          name: 'hear',
          text: 'INSERT INTO heard (consumer, message_id, author_id, type) VALUES ($1, $2, $3, $4)',
        },
        [name, message.id, message.authorId, message.type],
      );
      if (failsOn(message)) throw new RangeError(`${name} cannot do this`);
    },
  };
}

const heardBy = (consumer: string) =>
  sql<{ message_id: string; author_id: number }>(
    `SELECT message_id, author_id FROM heard WHERE consumer = '${consumer}' ORDER BY number`,
  );
const depth = async (): Promise<number> => (await outboxTable.measure(plain)).depth;

function startDelivery(consumers: readonly Consumer[]) {
  const clock = createFakeClock();
  const events: OutboxEvent[] = [];
  const deliver = createDelivery({
    storage: plain,
    consumers,
    clock,
    wallClock: { now: () => Date.now() },
    observe: (event) => void events.push(event),
    onFailure: () => {},
  });
  const deliverAll = async (): Promise<void> => {
    while (await deliver());
  };
  /** As often as it takes to give a message up. */
  const deliverToTheEnd = async (): Promise<void> => {
    for (let times = 0; times < attemptsMax; times += 1) {
      await deliverAll();
      clock.advance(60_000);
    }
  };
  const countOf = (outcome: OutboxEvent['outcome']) =>
    events.filter((event) => event.outcome === outcome).length;
  return { clock, events, deliver, deliverAll, deliverToTheEnd, countOf };
}

async function actOn(queries: Storage): Promise<void> {
  const [photos, likes, comments, follows] = [
    createPhotoStore(queries),
    createLikeStore(queries),
    createCommentStore(queries),
    createFollowStore(queries),
  ];
  const photo = { caption: '', digest: 'a'.repeat(64), widthPx: 1, heightPx: 1 };
  const added = await photos.add({ ...photo, ownerId: village.busy });
  await photos.changeCaption(Number(added?.id), village.busy, 'other');
  await likes.add(20, 7);
  await likes.add(20, 7);
  await likes.addMany(
    [
      { photoId: 20, personId: 8 },
      { photoId: 21, personId: 8 },
      { photoId: 20, personId: 7 },
    ],
    false,
  );
  await comments.add(20, 9, 'so it is');
  await follows.add(village.hermit, village.busy);
  await follows.add(village.hermit, village.busy);
  await follows.remove(village.hermit, village.busy);
  await follows.remove(village.hermit, village.busy);
  await photos.remove(Number(added?.id), village.busy);
  const privacy = createPrivacyStore(queries);
  for (const isPrivate of [true, true, false]) await privacy.change(village.hermit, isPrivate);
  const blocks = createBlockStore(queries);
  await blocks.add(village.hermit, village.unknown);
  await blocks.add(village.hermit, village.unknown);
  await blocks.remove(village.hermit, village.unknown);
}

describe('the outbox', () => {
  test('DI-5: every action is in the store and on the stream, a repeated one once', async () => {
    await actOn(storage);
    const left = await sql<{ author_id: number; type: string; payload: Record<string, unknown> }>(
      'SELECT author_id, type, payload FROM outbox ORDER BY id',
    );
    assert.deepEqual(
      left.map(({ author_id, type }) => `${author_id} ${type}`),
      [
        '2 posted',
        '7 liked',
        '8 liked',
        '8 liked',
        '9 commented',
        '29 followed',
        '29 unfollowed',
        '2 deleted',
        '29 privacy',
        '29 privacy',
        '29 blocked',
      ],
    );
    const [posted, liked] = left.map(({ payload }) => payload);
    const [photo] = await sql<{ id: number }>('SELECT max(id) AS id FROM photos');
    assert.deepEqual([posted?.['postId'], posted?.['ownerId']], [photo?.id, village.busy]);
    assert.ok(Date.parse(String(posted?.['createdAt'])) > 0);
    assert.deepEqual(liked, { postId: 20, postOwnerId: village.busy, likerId: 7 });
  });

  test('wakes those who listen, by one of the actions that go on at once', async () => {
    const heard = Promise.withResolvers<void>();
    const ready = Promise.withResolvers<void>();
    const listening = plain.listen('darkroom_outbox', {
      notified: () => heard.resolve(),
      resumed: () => ready.resolve(),
      disconnected: () => {},
    });
    await ready.promise;
    await storage.transaction(async (queries) => {
      await createFollowStore(queries).add(village.hermit, village.famous);
      // This one is not held up by the other, which has not committed.
      await likeInTurns([2], 1);
    });
    await heard.promise;
    await listening.stop();
  });

  test('DI-5: with the defaults no row is written, and what is rolled back leaves none', async () => {
    await actOn(plain);
    const undone = storage.transaction(async (queries) => {
      await createFollowStore(queries).add(village.hermit, village.famous);
      throw new RangeError('not after all');
    });
    await assert.rejects(undone, RangeError);
    assert.equal(await depth(), 0);
  });
});

describe('a delivery', () => {
  test('DI-5: gives each message to all that take it, in the order of its author, and removes it', async () => {
    const { deliverAll, countOf, events } = startDelivery([
      createListener('first'),
      createListener('second'),
    ]);
    await likeInTurns([2, 3, 18], 5);
    await createCommentStore(storage).add(10, 4, 'nobody takes this');
    await deliverAll();
    assert.equal(await depth(), 0);
    assert.equal(countOf('done'), 16);
    assert.ok(events.every(({ lagMs }) => lagMs !== null && lagMs >= 0));
    for (const consumer of ['first', 'second']) {
      const heard = await heardBy(consumer);
      assert.equal(heard.length, 15);
      for (const own of Map.groupBy(heard, ({ author_id }) => author_id).values()) {
        const ids = own.map(({ message_id }) => Number(message_id));
        assert.deepEqual(
          ids,
          ids.toSorted((a, b) => a - b),
        );
      }
    }
  });

  test("an author's messages wait behind one that fails, and nobody else's do", async () => {
    let isBroken = true;
    const { clock, deliverAll, countOf } = startDelivery([
      // Both are in one partition.
      createListener('picky', ({ authorId }) => isBroken && authorId === 2),
    ]);
    await likeInTurns([2, 18], 3);
    await deliverAll();
    assert.deepEqual(
      (await heardBy('picky')).map(({ author_id }) => author_id),
      [18, 18, 18],
    );
    assert.deepEqual([await depth(), countOf('failed')], [3, 1]);
    isBroken = false;
    await deliverAll();
    assert.equal(await depth(), 3, 'it is not time yet');
    clock.advance(1_000);
    await deliverAll();
    const ids = (await heardBy('picky')).slice(3).map(({ message_id }) => Number(message_id));
    assert.equal(ids.length, 3);
    assert.deepEqual(
      ids,
      ids.toSorted((a, b) => a - b),
    );
    assert.equal(await depth(), 0);
  });

  test('DI-5: a poisoned message becomes a dead letter while others go on, and a replay delivers it', async () => {
    let isBroken = true;
    const parts = [
      createListener('sound'),
      createListener('picky', ({ authorId, type }) => isBroken && authorId === 2 && type === 'followed'),
    ];
    const { deliverAll, deliverToTheEnd, countOf } = startDelivery(parts);
    await createFollowStore(storage).add(2, village.sudden);
    await likeInTurns([2, 18], 2);
    await deliverToTheEnd();
    assert.equal(await depth(), 0);
    assert.deepEqual([countOf('done'), countOf('failed'), countOf('dead')], [4, attemptsMax - 1, 1]);
    assert.equal((await heardBy('picky')).length, 4, 'nothing of what failed is kept');
    assert.equal((await heardBy('sound')).length, 5, 'the other consumer has it once');

    const { total, letters } = await listDeadLetters(plain, 10);
    const [letter] = letters;
    assert.deepEqual([total, letters.length], [1, 1]);
    assert.deepEqual(
      [letter?.authorId, letter?.type, letter?.attempts, letter?.done, letter?.consumer, letter?.reason],
      [2, 'followed', attemptsMax, ['sound'], 'picky', 'picky cannot do this'],
    );

    isBroken = false;
    assert.deepEqual(await replayDeadLetters(plain, null), [letter?.id]);
    await deliverAll();
    assert.equal((await heardBy('picky')).at(-1)?.message_id, letter?.id);
    assert.equal((await heardBy('sound')).length, 5, 'and is not given it again');
    assert.deepEqual([await depth(), (await listDeadLetters(plain, 10)).total], [0, 0]);
  });

  test('a statement that storage refuses undoes its consumer only', async () => {
    const breaking: Consumer = {
      name: 'breaking',
      takes: ['liked'],
      async consume({ authorId }, queries) {
        if (authorId === 2) await queries.query({ name: 'break', text: 'SELECT 1 / 0' }, []);
      },
    };
    const { deliverAll, deliverToTheEnd } = startDelivery([createListener('sound'), breaking]);
    await likeInTurns([18, 2, 5], 1);
    await deliverAll();
    assert.equal(await depth(), 1);
    await deliverToTheEnd();
    const { letters } = await listDeadLetters(plain, 10);
    assert.deepEqual(
      letters.map(({ reason }) => reason),
      ['ROW_REFUSED: Storage does not allow what was to be stored. (division by zero)'],
    );
  });

  test('a type of a newer version is kept as a dead letter, and not taken for done', async () => {
    const { deliverToTheEnd, countOf, events } = startDelivery([createListener('sound')]);
    await sql(`SELECT darkroom_publish(2, 'admired', '{}')`);
    await deliverToTheEnd();
    assert.equal(countOf('dead'), 1);
    assert.deepEqual(new Set(events.map(({ type }) => type)), new Set(['unknown']));
    const { letters } = await listDeadLetters(plain, 10);
    assert.match(String(letters[0]?.reason), /^UNKNOWN_MESSAGE: .*"admired"/);
  });

  test('a partition that cannot be worked off at all does not keep the others from their turns', async () => {
    const { deliver, deliverAll } = startDelivery([createListener('sound')]);
    await sql(`
      CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'not this one'; END $$;
      CREATE TRIGGER refuse BEFORE DELETE ON outbox FOR EACH ROW WHEN (OLD.author_id = 2) EXECUTE FUNCTION refuse()`);
    try {
      await likeInTurns([2, 3], 1);
      await assert.rejects(deliver());
      assert.equal(await deliver(), true);
      const heard = await heardBy('sound');
      assert.deepEqual(
        heard.map(({ author_id }) => author_id),
        [3],
      );
    } finally {
      await sql('DROP TRIGGER refuse ON outbox');
    }
    await deliverAll();
    assert.equal(await depth(), 0);
  });

  test('what one holds is left to it, and the others work elsewhere', async () => {
    const { deliverAll } = startDelivery([createListener('sound')]);
    await likeInTurns([2, 3], 2);
    await storage.transaction(async (queries) => {
      const held = await outboxTable.claim(queries, 0, 2);
      assert.equal(held, 2);
      await deliverAll();
      assert.deepEqual(
        (await heardBy('sound')).map(({ author_id }) => author_id),
        [3, 3],
      );
    });
    await deliverAll();
    assert.equal(await depth(), 0);
  });

  test('finds its messages by an index, also by plans of a time when there were none', async () => {
    const worker = createStorage(database.url, 1, () => {}, { usesIndexes: true });
    const look = async (): Promise<void> => {
      const partition = await worker.transaction((queries) => outboxTable.claim(queries, 0, 0));
      await outboxTable.read(worker, 0, partition ?? 0, 10);
    };
    const scans = async (): Promise<number> => {
      await worker.query({ name: 'flush', text: 'SELECT pg_stat_force_next_flush()' }, []);
      await outboxTable.read(worker, 0, 0, 10);
      const [row] = await sql<{ scans: number }>(
        `SELECT seq_scan::integer AS scans FROM pg_stat_user_tables WHERE relname = 'outbox'`,
      );
      return row?.scans ?? 0;
    };
    try {
      await sql('VACUUM ANALYZE outbox');
      for (let times = 0; times < 6; times += 1) await look();
      await sql(
        `SELECT darkroom_publish(number & 15, 'liked', '{}') FROM generate_series(1, 2000) AS number`,
      );
      // Other connections tell of what they have scanned some seconds later.
      await waitUntil(async () => {
        const before = await scans();
        await look();
        return (await scans()) === before;
      });
    } finally {
      await worker.close();
    }
  });
});
