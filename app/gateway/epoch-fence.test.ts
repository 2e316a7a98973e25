import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import pg from 'pg';
import type { TestDatabase } from '../../tests/support/databases.ts';
import { createSeededDatabase } from '../../tests/support/test-app.ts';
import { waitUntil } from '../../tests/support/wait-until.ts';
import type { Queries } from '../storage/statement.ts';
import { createLeaseStore } from './lease-store.ts';
import { createRecordStore } from './record-store.ts';

/** One connection: what is sent between BEGIN and COMMIT is one transaction. */
type Connection = Queries & { readonly client: pg.Client; readonly pid: number };

let database: TestDatabase;
let writer: Connection;
let taker: Connection;
let looker: Connection;

/** Whoever waits for a lock in vain fails, so that no test hangs. */
const lockLimitMs = 10_000;

async function connect(): Promise<Connection> {
  const client = new pg.Client({ connectionString: database.url, lock_timeout: lockLimitMs });
  await client.connect();
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  return {
    client,
    pid: rows[0]?.pid ?? assert.fail('a connection has a process'),
    query: async <Row extends object>({ text }: { readonly text: string }, values: readonly unknown[]) =>
      (await client.query<Row>(text, [...values])).rows,
  };
}

before(async () => {
  database = await createSeededDatabase();
  [writer, taker, looker] = await Promise.all([connect(), connect(), connect()]);
});
after(async () => {
  await Promise.all([writer, taker, looker].map(({ client }) => client.end()));
  await database.drop();
});

let epoch: number;
beforeEach(async () => {
  // Whatever a test that has failed left open.
  await Promise.all([writer, taker].map(({ client }) => client.query('ROLLBACK')));
  await looker.client.query('DELETE FROM gateway_records');
  await looker.client.query('DELETE FROM gateway_lease');
  ({ epoch } = (await createLeaseStore(looker).begin('first', 'there')) ?? assert.fail('nobody leads yet'));
  await createRecordStore(looker).fill(epoch, 5);
});

/** Somebody else takes over a row that is as it stands now. */
async function takeOver(connection: Connection): Promise<number> {
  const seen = (await createLeaseStore(looker).see()) ?? assert.fail('there is a row');
  const taken = await createLeaseStore(connection).take(seen, 'second', 'here');
  return taken?.epoch ?? assert.fail('nobody else has taken it');
}

const allRecords = async (): Promise<unknown[]> =>
  (await looker.client.query<object>('SELECT * FROM gateway_records ORDER BY kind, id')).rows;

async function loadedPosts(): Promise<Map<number, number>> {
  const posts = new Map<number, number>();
  for await (const { id, version } of createRecordStore(looker).load('posts')) posts.set(id, version);
  return posts;
}

async function anyPost(): Promise<number> {
  for (const id of (await loadedPosts()).keys()) return id;
  return assert.fail('there are posts');
}

const waitsForLock = async ({ pid }: Connection): Promise<boolean> => {
  const text = `SELECT 1 FROM pg_stat_activity WHERE pid = $1 AND wait_event_type = 'Lock'`;
  return (await looker.client.query(text, [pid])).rows.length > 0;
};

/** Fails where the work is done without having waited for a lock. */
async function untilItWaits(connection: Connection, work: Promise<unknown>): Promise<void> {
  let isDone = false;
  const noteDone = (): void => {
    isDone = true;
  };
  work.then(noteDone, noteDone);
  await waitUntil(async () => isDone || (await waitsForLock(connection)));
  assert.ok(!isDone, 'it waited for nobody');
}

const lost = { code: 'LEADER_LOST' };

test('under an earlier epoch nothing is written, deleted or made; under that of the lease it is', async () => {
  const store = createRecordStore(writer);
  const id = await anyPost();
  const next = await takeOver(taker);
  const unchanged = await allRecords();
  await assert.rejects(store.update(epoch, 'posts', id, { caption: 'of the former leader' }), lost);
  await assert.rejects(store.remove(epoch, 'posts', id), lost);
  await store.fill(epoch, 20);
  assert.deepEqual(await allRecords(), unchanged);
  assert.equal((await store.update(next, 'posts', id, { caption: 'new' }))?.data['caption'], 'new');
  assert.equal(await store.remove(next, 'posts', id), 3);
  assert.equal(await store.update(next, 'posts', id, { caption: 'late' }), undefined);
  assert.equal(await store.remove(next, 'posts', id), undefined);
  assert.ok(!(await loadedPosts()).has(id));
  await store.fill(next, 20);
  const posts = await loadedPosts();
  assert.ok(posts.size > 5 && !posts.has(id), 'more are made, and what was deleted is not made again');
});

test('a take-over waits for a write that is under way, and loads it', async () => {
  const id = await anyPost();
  await writer.client.query('BEGIN');
  await createRecordStore(writer).update(epoch, 'posts', id, { caption: 'under way' });
  const taking = takeOver(taker);
  await untilItWaits(taker, taking);
  await writer.client.query('COMMIT');
  assert.equal(await taking, epoch + 1);
  assert.equal((await loadedPosts()).get(id), 2);
});

test('a write waits for a take-over that is under way, and is refused after it', async () => {
  const id = await anyPost();
  const unchanged = await allRecords();
  const store = createRecordStore(writer);
  for (const write of [
    () => store.update(epoch, 'posts', id, { caption: 'late' }),
    () => store.remove(epoch, 'posts', id),
  ]) {
    await taker.client.query('BEGIN');
    const next = await takeOver(taker);
    const writing = write();
    await untilItWaits(writer, writing);
    await taker.client.query('COMMIT');
    await assert.rejects(writing, lost);
    assert.deepEqual(await allRecords(), unchanged);
    epoch = next;
  }
});

test('a renewal waits for no write, and no write for a renewal', async () => {
  const id = await anyPost();
  await writer.client.query('BEGIN');
  await createRecordStore(writer).update(epoch, 'posts', id, { caption: 'under way' });
  await taker.client.query('BEGIN');
  assert.ok(await createLeaseStore(taker).renew(epoch));
  assert.ok(await createRecordStore(writer).update(epoch, 'posts', id, { caption: 'another' }));
  await taker.client.query('COMMIT');
  await writer.client.query('COMMIT');
});

test('the lease is begun once, and taken only as it was seen', async () => {
  const lease = createLeaseStore(looker);
  assert.equal(await lease.begin('second', 'here'), null);
  assert.deepEqual(await lease.find(), { epoch, address: 'there' });
  const seen = (await lease.see()) ?? assert.fail('there is a row');
  assert.ok(await lease.renew(epoch));
  assert.equal(await lease.take(seen, 'second', 'here'), null, 'it was renewed in between');
  const renewed = (await lease.see()) ?? assert.fail('there is a row');
  assert.deepEqual(await lease.take(renewed, 'second', 'here'), { epoch: epoch + 1, isFilled: true });
  assert.equal(await lease.take(renewed, 'third', 'elsewhere'), null, 'somebody was faster');
  assert.deepEqual(await lease.find(), { epoch: epoch + 1, address: 'here' });
});

test('whoever has lost the lease neither renews it nor gives it up', async () => {
  const lease = createLeaseStore(looker);
  const next = await takeOver(taker);
  assert.equal(await lease.renew(epoch), false);
  await lease.release(epoch);
  assert.deepEqual(await lease.find(), { epoch: next, address: 'here' });
  await lease.release(next);
  assert.equal(await lease.find(), null);
  assert.equal(await takeOver(taker), next + 1);
});
