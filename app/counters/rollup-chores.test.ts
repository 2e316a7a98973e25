import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openCounterWorld } from '../../tests/support/counter-world.ts';
import { eventSlices } from './event-slices.ts';
import { dropOldSlices } from './rollup-chores.ts';

const text = JSON.stringify({ late: { type: 'eventual' } });

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

test('a day of events is dropped once all of its counters are rolled up, which are looked at by the page', async (context) => {
  const world = await openCounterWorld(context, { text });
  const [counters, worker] = [await world.open(), world.worker()];
  const nowMs = world.clock.now();
  await world.storage.query(manyCounters, [new Date(nowMs).toISOString(), 1_200]);
  const slices = await eventSlices.list(world.storage);
  const day = slices.find(({ startMs, endMs }) => startMs <= nowMs && nowMs < endMs)?.name ?? '';
  world.clock.advance(9 * 86_400_000);
  const heard: string[] = [];
  const parts = {
    queries: world.storage,
    clock: world.clock,
    namespaces: world.namespaces,
    hear: (ids: readonly string[]) => {
      heard.push(...ids);
      worker.hear(ids);
    },
  };
  assert.ok(!(await dropOldSlices(parts)).includes(day));
  assert.deepEqual(heard, ['late:many-999']);
  await world.settle(worker, []);
  assert.ok((await dropOldSlices(parts)).includes(day));
  assert.equal((await counters.get({ namespace: 'late', counter: 'many-999' })).count, 1);
});
