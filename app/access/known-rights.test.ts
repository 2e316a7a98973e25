import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import pg from 'pg';
import { connected } from '../../tests/support/connected-storage.ts';
import { createSeededDatabase } from '../../tests/support/test-app.ts';
import type { TestDatabase } from '../../tests/support/databases.ts';
import { village } from '../../tests/support/village-rows.ts';
import { waitUntil } from '../../tests/support/wait-until.ts';
import type { Clock } from '../clock.ts';
import { DarkroomError } from '../errors.ts';
import { createStorage } from '../storage/postgres.ts';
import { createKnownRights } from './known-rights.ts';
import { createRightsChanges } from './rights-changes.ts';
import { createRightsMemory } from './rights-memory.ts';
import { createChangeStore, createReplicaStore } from './rights-store.ts';

const leaseMs = 10_000;
let database: TestDatabase;
let admin: pg.Client;
before(async () => {
  database = await createSeededDatabase();
  admin = new pg.Client({ connectionString: database.url });
  await admin.connect();
});
after(async () => {
  await admin.end();
  await database.drop();
});

/** A replica's rights on a clock that only the test moves. `isDeaf`: it hears nothing and never renews, as if it stood still. */
async function startReplica(context: TestContext, id: string, linesMax = 1_000) {
  const storage = createStorage(database.url, 2, () => {});
  await connected(storage);
  let nowMs = 0;
  const clock: Clock = { now: () => nowMs };
  let waitedMs = 0;
  const memory = createRightsMemory({ clock, goneMs: leaseMs });
  const store = createReplicaStore({ id, feedKind: 'pull' }, linesMax);
  let isDeaf = false;
  const { promise: forever } = Promise.withResolvers<never>();
  const failures: unknown[] = [];
  const rights = createKnownRights({
    memory,
    clock,
    leaseMs,
    storage,
    store: { ...store, renew: (own, number) => (isDeaf ? forever : store.renew(own, number)) },
    runInBackground: (_, task) => void task.catch((error: unknown) => failures.push(error)),
  });
  await rights.start();
  const changes = createRightsChanges({
    memory,
    clock: { now: () => waitedMs },
    leaseMs,
    store: createChangeStore(storage),
    // Only waiting makes time go by for who waits.
    wait: async (ms) => {
      waitedMs += ms;
      await turn();
    },
  });
  context.after(async () => {
    await rights.stop();
    await storage.close();
  });
  return {
    rights,
    changes,
    failures,
    pass: (ms: number) => {
      nowMs += ms;
    },
    standStill: () => {
      isDeaf = true;
    },
  };
}

const refuses = (error: unknown) => error instanceof DarkroomError && error.code === 'RIGHTS_UNKNOWN';
const setPrivate = (id: number, isPrivate: boolean) =>
  admin.query('UPDATE users SET is_private = $2 WHERE id = $1', [id, isPrivate]);
const rowsOf = async (table: string): Promise<object[]> =>
  (await admin.query<object>(`SELECT * FROM ${table}`)).rows;

describe('rights that are known', () => {
  it('follow what is changed by hand, and their log keeps no line that all have applied', async (context) => {
    const one = await startReplica(context, 'one');
    const other = await startReplica(context, 'other');
    assert.equal(one.rights.maySee(village.hermit, village.busy), true);
    await setPrivate(village.busy, true);
    await one.changes.everywhere();
    for (const { rights } of [one, other]) {
      assert.equal(rights.maySee(village.hermit, village.busy), false);
      assert.equal(rights.maySee(village.reader, village.busy), true, 'who followed before');
      assert.equal(rights.isPrivate(village.busy), true);
    }
    await admin.query('DELETE FROM follows WHERE follower_id = $1 AND followed_id = $2', [
      village.reader,
      village.busy,
    ]);
    await other.changes.everywhere();
    for (const { rights } of [one, other]) assert.equal(rights.maySee(village.reader, village.busy), false);
    await setPrivate(village.busy, false);
    await one.changes.everywhere();
    assert.equal(other.rights.seesEverybody(null), true);
    assert.deepEqual(await rowsOf('access_changes'), []);
  });

  it('are refused when the lease has ended, and known again after the next renewal', async (context) => {
    const one = await startReplica(context, 'one');
    one.pass(0.8 * leaseMs);
    assert.equal(one.rights.maySee(1, 2), true);
    one.pass(0.2 * leaseMs);
    assert.equal(one.rights.isKnown(), false);
    for (const ask of [
      () => one.rights.maySee(1, 1),
      () => one.rights.mayMeet(1, 2),
      () => one.rights.seesEverybody(null),
      () => one.rights.isPrivate(1),
    ])
      assert.throws(ask, refuses);
    await admin.query(`NOTIFY darkroom_access`);
    await waitUntil(() => one.rights.isKnown());
  });

  it('are waited for: a change is answered when a replica that stands still must have begun to refuse', async (context) => {
    const one = await startReplica(context, 'one');
    const still = await startReplica(context, 'still');
    still.standStill();
    await setPrivate(village.sudden, true);
    let isAnswered = false;
    const answered = one.changes.everywhere().then(() => {
      isAnswered = true;
    });
    await waitUntil(() => !one.rights.maySee(village.hermit, village.sudden));
    assert.equal(isAnswered, false, 'it is still waited for');
    await answered;
    assert.ok(
      (await rowsOf('access_replicas')).every((row) => !('id' in row) || row.id !== 'still'),
      'it is waited for no more',
    );
    await setPrivate(village.sudden, false);
    await one.changes.everywhere();
  });

  it('are read anew by a replica that was forgotten', async (context) => {
    const one = await startReplica(context, 'one');
    await admin.query('DELETE FROM access_replicas');
    await setPrivate(village.unknown, true);
    await waitUntil(() => one.rights.isKnown() && !one.rights.maySee(1, village.unknown));
    assert.equal((await rowsOf('access_replicas')).length, 1);
    await setPrivate(village.unknown, false);
    await one.changes.everywhere();
  });

  it('are not known to who does not understand a change, or finds more than it can keep', async (context) => {
    const one = await startReplica(context, 'one');
    await admin.query(`SELECT darkroom_tell_access('of a later release', 1, 2)`);
    await waitUntil(() => one.failures.some(refuses));
    one.pass(leaseMs);
    assert.equal(one.rights.isKnown(), false);
    await admin.query('DELETE FROM access_changes');
    const small = await startReplica(context, 'small', 0);
    assert.equal(small.rights.isKnown(), false);
    await waitUntil(() => small.failures.some(refuses));
    await admin.query('DELETE FROM access_replicas');
  });

  it('change without a replica that cannot get on, which refuses at once and joins anew later', async (context) => {
    const one = await startReplica(context, 'one');
    const other = await startReplica(context, 'other');
    const small = await startReplica(context, 'small', 0);
    await waitUntil(() => small.failures.some(refuses));
    const idsOf = async () => (await rowsOf('access_replicas')).map((row) => ('id' in row ? row.id : null));
    assert.deepEqual(new Set(await idsOf()), new Set(['one', 'other']));
    await admin.query(`SELECT darkroom_tell_access('of a later release', 1, 2)`);
    await waitUntil(() => [one, other].every(({ failures }) => failures.some(refuses)));
    for (const { rights } of [one, other]) assert.equal(rights.isKnown(), false);
    assert.deepEqual(await idsOf(), []);
    await setPrivate(village.sudden, true);
    await one.changes.everywhere();
    for (const { rights, pass } of [one, other]) {
      assert.equal(rights.isKnown(), false, 'it rests');
      pass(leaseMs);
    }
    await admin.query('NOTIFY darkroom_access');
    await waitUntil(() => [one, other].every(({ rights }) => rights.isKnown()));
    for (const { rights } of [one, other]) assert.equal(rights.maySee(village.hermit, village.sudden), false);
    await setPrivate(village.sudden, false);
    await one.changes.everywhere();
  });

  it('leave no replica behind that has ended in order', async (context) => {
    const one = await startReplica(context, 'leaving');
    await one.rights.stop();
    assert.deepEqual(await rowsOf('access_replicas'), []);
    assert.throws(() => one.rights.maySee(1, 2), refuses);
  });
});
