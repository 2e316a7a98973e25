import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openCounterWorld } from '../../tests/support/counter-world.ts';
import type { CounterWorld } from '../../tests/support/counter-world.ts';
import { waitUntil } from '../../tests/support/wait-until.ts';
import { DarkroomError } from '../errors.ts';
import { eventSlices } from './event-slices.ts';
import { dropOldSlices } from './rollup-chores.ts';

const dayMs = 86_400_000;

/** Counters of a day, of which rollups have reached all but one. */
const manyCounters = {
  name: 'test_many_counters',
  text: `
    WITH added AS (
      INSERT INTO counter_events SELECT 'late', 'many-' || number, 0, $1::timestamptz, 'a', 1, false
      FROM generate_series(1, $2::integer) AS number
    )
    INSERT INTO counter_rollups SELECT 'late', 'many-' || number, 1, $1::timestamptz, $1::timestamptz
    FROM generate_series(1, $2::integer) AS number WHERE number <> 999`,
};

const selectTables = {
  name: 'test_slice_tables',
  text: `SELECT relname AS name FROM pg_class WHERE relkind = 'r' AND relname ~ '^counter_events_' ORDER BY relname`,
};

/** The namespaces that the test names: those that the service brings itself keep their events for a week. */
function openRetention({ storage, clock, namespaces }: CounterWorld, ...names: readonly string[]) {
  const own = new Map([...namespaces].filter(([name]) => names.includes(name)));
  const heard: string[] = [];
  return {
    heard,
    drop: () =>
      dropOldSlices({ queries: storage, clock, namespaces: own, hear: (ids) => void heard.push(...ids) }),
    /** The slice of this moment. */
    async today(): Promise<string> {
      const nowMs = clock.now();
      const slices = await eventSlices.list(storage);
      const today = slices.find(({ startMs, endMs }) => startMs <= nowMs && nowMs < endMs);
      return today?.name ?? assert.fail('there is none');
    },
    /** As the service and the workers do from hour to hour. */
    async advance(ms: number): Promise<void> {
      clock.advance(ms);
      await eventSlices.makeAhead(storage, clock.now(), 1_000);
    },
    async slices(): Promise<readonly string[]> {
      const attached = (await eventSlices.list(storage)).map(({ name }) => name);
      const tables = await storage.query<{ name: string }>(selectTables, []);
      assert.deepEqual(
        tables.map(({ name }) => name),
        attached,
        'what is detached is gone',
      );
      return attached;
    },
  };
}

test('a day of events is dropped once all of its counters are rolled up, which are looked at by the page', async (context) => {
  const world = await openCounterWorld(context, { text: JSON.stringify({ late: { type: 'eventual' } }) });
  const [counters, worker] = [await world.open(), world.worker()];
  const retention = openRetention(world, 'late');
  const day = await retention.today();
  await world.storage.query(manyCounters, [new Date(world.clock.now()).toISOString(), 1_200]);
  await retention.advance(9 * dayMs);
  assert.ok(!(await retention.drop()).includes(day));
  assert.deepEqual(retention.heard, ['late:many-999']);
  await world.settle(worker, retention.heard);
  assert.ok((await retention.drop()).includes(day));
  assert.equal((await counters.get({ namespace: 'late', counter: 'many-999' })).count, 1);
});

test('with an old day nothing newer goes, no count changes, and counting goes on from there', async (context) => {
  const world = await openCounterWorld(context, {
    text: JSON.stringify({ late: { type: 'eventual' }, exact: { type: 'accurate' } }),
  });
  const [counters, worker] = [await world.open(), world.worker()];
  const retention = openRetention(world, 'late', 'exact');
  const keys = [
    { namespace: 'late', counter: 'kept' },
    { namespace: 'exact', counter: 'kept' },
  ] as const;
  const ids = ['late:kept', 'exact:kept'];
  const counts = async () => (await counters.getMany(keys)).map(({ count }) => count);
  const old = await retention.today();
  for (const key of keys) await counters.add(key, { delta: 5 });
  await world.settle(worker, ids);
  await retention.advance(5 * dayMs);
  const newer = await retention.today();
  for (const key of keys) await counters.add(key, { delta: 2 });
  await retention.advance(4 * dayMs);
  assert.deepEqual(await counts(), [5, 7], 'the newer events are not rolled up');

  const before = await retention.slices();
  const dropped = await retention.drop();
  assert.deepEqual([dropped.includes(old), dropped.includes(newer)], [true, false]);
  assert.deepEqual(
    await retention.slices(),
    before.filter((name) => !dropped.includes(name)),
  );
  assert.deepEqual(await counts(), [5, 7]);
  for (const key of keys) await counters.add(key, { delta: 1 });
  await world.settle(worker, ids);
  assert.deepEqual(await counts(), [8, 8]);
});

test('a day stays in which events may still come, or by which somebody counts', async (context) => {
  const retentionSeconds = 60;
  const world = await openCounterWorld(context, {
    text: JSON.stringify({
      patient: { type: 'eventual', acceptLimitMs: dayMs, retentionSeconds },
      logged: { type: 'raw-log', retentionSeconds },
    }),
  });
  const [counters, worker] = [await world.open(), world.worker()];
  const key = { namespace: 'patient', counter: 'kept' };
  const logged = { namespace: 'logged', counter: 'kept' };
  const ofPatient = openRetention(world, 'patient');
  const [day, noonMs] = [await ofPatient.today(), world.clock.now()];
  const nextNoon = async (): Promise<number> => {
    await ofPatient.advance(dayMs + 1_000);
    worker.hear(['patient:kept']);
    await worker.cycle('patient');
    return (await counters.get(key)).count;
  };
  await counters.add(key, { delta: 1 });
  await counters.add(logged, { delta: 4 });
  assert.equal(await nextNoon(), 1);
  assert.ok(!(await ofPatient.drop()).includes(day), 'its evening may still be told of');
  await counters.add(key, { delta: 1, generationTimeMs: noonMs + dayMs / 4 });
  assert.equal(await nextNoon(), 2);

  assert.ok(!(await openRetention(world, 'patient', 'logged').drop()).includes(day));
  assert.equal((await counters.get(logged)).count, 4);
  assert.ok((await ofPatient.drop()).includes(day));
});

test('who reads and adds while days are dropped is right, and waits for none of it for long', async (context) => {
  const world = await openCounterWorld(context, { text: JSON.stringify({ exact: { type: 'accurate' } }) });
  const [counters, worker] = [await world.open(), world.worker()];
  const retention = openRetention(world, 'exact');
  const key = { namespace: 'exact', counter: 'busy' };
  const oldDays: string[] = [];
  for (let day = 0; day < 4; day += 1) {
    oldDays.push(await retention.today());
    await counters.add(key, { delta: 1 });
    await retention.advance(dayMs);
  }
  await retention.advance(9 * dayMs);
  await world.settle(worker, ['exact:busy']);
  let [added, isDropped] = [4, false];
  const addAndRead = async (): Promise<void> => {
    while (!isDropped) {
      await counters.add(key, { delta: 1 });
      added += 1;
      const atLeast = added;
      const { count } = await counters.get(key);
      assert.ok(count >= atLeast, `${count} after ${atLeast} adds`);
    }
  };
  const dropAll = async (): Promise<void> => {
    const dropped = new Set<string>();
    try {
      await waitUntil(async () => {
        // Where it would wait for readers, it gives up and is tried again.
        const some = await retention.drop().catch((error: unknown) => {
          assert.ok(error instanceof DarkroomError && error.code === 'STORAGE_BUSY', String(error));
          return [];
        });
        for (const name of some) dropped.add(name);
        const left = await retention.slices();
        return oldDays.every((name) => !left.includes(name));
      });
    } finally {
      isDropped = true;
    }
  };
  await Promise.all([dropAll(), addAndRead(), addAndRead(), addAndRead()]);
  assert.ok(added > 4);
  assert.equal((await counters.get(key)).count, added);
});
