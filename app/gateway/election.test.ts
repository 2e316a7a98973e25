import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import pg from 'pg';
import { connected } from '../../tests/support/connected-storage.ts';
import type { TestDatabase } from '../../tests/support/databases.ts';
import { createSeededDatabase } from '../../tests/support/test-app.ts';
import { waitUntil } from '../../tests/support/wait-until.ts';
import { createSystemClock } from '../clock.ts';
import { DarkroomError } from '../errors.ts';
import { createStorage } from '../storage/postgres.ts';
import type { Storage } from '../storage/postgres.ts';
import { startElection } from './election.ts';
import { createLeaderService } from './leader-service.ts';
import type { LeaderService } from './leader-service.ts';
import { createLeaseStore } from './lease-store.ts';
import { createRecordStore } from './record-store.ts';

const clock = createSystemClock();
let database: TestDatabase;
let admin: pg.Client;
/** With one connection, which whoever has it takes away from all others. */
let storage: Storage;

before(async () => {
  database = await createSeededDatabase();
  storage = createStorage(database.url, 1, () => {});
  await connected(storage);
  admin = new pg.Client({ connectionString: database.url });
  await admin.connect();
});
after(async () => {
  await storage.close();
  await admin.end();
  await database.drop();
});
beforeEach(async () => {
  await admin.query('DELETE FROM gateway_records');
  await admin.query('DELETE FROM gateway_lease');
});

const leaseRow = async () =>
  (
    await admin.query<{ epoch: number; renewals: number }>(
      'SELECT epoch::integer, renewals::integer FROM gateway_lease',
    )
  ).rows[0];

test('a renewal that finds no connection is tried again before the lease is over, and the term goes on', async () => {
  const store = createLeaseStore(storage);
  const refusalsWanted = 4;
  let refusals = 0;
  const terms: number[] = [];
  const election = startElection({
    store: {
      ...store,
      async renew(epoch) {
        if (refusals === refusalsWanted) return store.renew(epoch);
        refusals += 1;
        throw new DarkroomError('OVERLOADED', 'Too many wait for storage.', { isUnsent: true });
      },
    },
    clock,
    holder: 'one',
    address: 'there',
    // Long enough that a busy machine may stand still meanwhile.
    leaseMs: 12_000,
    lead({ epoch, signal }) {
      terms.push(epoch);
      const { promise, resolve } = Promise.withResolvers<void>();
      signal.addEventListener('abort', () => resolve());
      return promise;
    },
    onStandBy: () => {},
    onTrouble: () => {},
  });
  try {
    await waitUntil(async () => ((await leaseRow())?.renewals ?? 0) > 0);
    assert.equal(refusals, refusalsWanted);
    assert.deepEqual(terms, [1]);
    assert.equal((await leaseRow())?.epoch, 1);
  } finally {
    await election.stop();
  }
});

type Led = { readonly service: LeaderService; readonly term: AbortSignal; stop(): Promise<void> };

/** A leader with some records, as it is once it answers. */
async function startLeading(): Promise<Led> {
  const { promise: isLeading, resolve } = Promise.withResolvers<void>();
  const service = createLeaderService({
    store: createRecordStore(storage),
    clock,
    posts: 3,
    eventGapMs: 2,
    observe: { sent: () => {}, cut: () => {}, written: () => {} },
    onLeading: () => resolve(),
  });
  const taken = (await createLeaseStore(storage).begin('one', 'there')) ?? assert.fail('nobody leads yet');
  const term = new AbortController();
  const end = (): void => term.abort();
  const leading = service.lead({ ...taken, isHeld: () => !term.signal.aborted, signal: term.signal, end });
  await isLeading;
  return {
    service,
    term: term.signal,
    async stop() {
      end();
      await leading;
    },
  };
}

/** Takes the only connection until the answer is called. */
async function holdConnection(): Promise<() => Promise<void>> {
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  const { promise: isHeld, resolve: tellHeld } = Promise.withResolvers<void>();
  const held = storage.transaction(async (queries) => {
    await queries.query({ name: 'test_hold', text: 'SELECT 1' }, []);
    tellHeld();
    await released;
  });
  await isHeld;
  return async () => {
    release();
    // Where the machine is busy, PostgreSQL has ended it meanwhile.
    await held.catch(() => {});
  };
}

test('a write that had no connection in time is refused and not done, and the term goes on', async () => {
  const { service, term, stop } = await startLeading();
  const [id = 0] = service
    .records()
    .page('posts/', '', 1)
    .map(({ key }) => Number(key.slice('posts/'.length)));
  const release = await holdConnection();
  await assert.rejects(service.put('posts', id, { caption: 'late' }), {
    code: 'STORAGE_UNAVAILABLE',
    isUnsent: true,
  });
  await release();
  assert.equal(term.aborted, false);
  assert.equal(await service.put('posts', id, { caption: 'next' }), 2, 'the other one has raised no version');
  await stop();
});

test('a write whose answer did not come ends the term: it may be done', async () => {
  const { service, term, stop } = await startLeading();
  const [id = 0] = service
    .records()
    .page('posts/', '', 1)
    .map(({ key }) => Number(key.slice('posts/'.length)));
  await admin.query(
    `CREATE FUNCTION cut_off() RETURNS trigger LANGUAGE plpgsql AS
     $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$`,
  );
  await admin.query(
    'CREATE TRIGGER cut_off AFTER UPDATE ON gateway_records FOR EACH STATEMENT EXECUTE FUNCTION cut_off()',
  );
  await assert.rejects(service.put('posts', id, { caption: 'lost' }), { code: 'LEADER_LOST' });
  await admin.query('DROP FUNCTION cut_off CASCADE');
  assert.equal(term.aborted, true);
  await stop();
});
