import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { openCounterWorld } from '../../tests/support/counter-world.ts';
import type { CounterWorld } from '../../tests/support/counter-world.ts';
import type { Queries, Statement } from '../storage/statement.ts';
import type { CounterKey, CounterService } from './counter-service.ts';
import { announcementChannel, formatAnnouncement, parseAnnouncement } from './rollup-announcer.ts';
import { parseRollup } from './rollup-cache.ts';
import type { RollupWorker } from './rollup-loops.ts';
import { skewMs } from './rollup-window.ts';

const acceptMs = 1_000;
const text = JSON.stringify({
  late: { type: 'eventual' },
  live: { type: 'accurate' },
  spread: { type: 'eventual', buckets: 8, secondsPerBucket: 1 },
  few: { type: 'eventual', cardinality: 'low' },
  raw: { type: 'raw-log' },
});

const cleanups: (() => Promise<void> | void)[] = [];
let world: CounterWorld;
let counters: CounterService;
let worker: RollupWorker;
/** What workers told. */
const told = { done: 0, unchanged: 0, overtaken: 0, failed: 0 };
before(async () => {
  const context = { after: (work: unknown) => void cleanups.push(work as () => Promise<void>) };
  world = await openCounterWorld(context, { candidate: `counter=eventual,window=${acceptMs}ms`, text });
  counters = await world.open();
  worker = world.worker({
    observe: {
      rolledUp: (outcome, counted) => {
        told[outcome] += counted;
      },
    },
  });
});
after(async () => {
  for (const cleanup of cleanups) await cleanup();
});

const late = (counter: string) => ({ namespace: 'late', counter });
const countOf = async (namespace: string, counter: string) =>
  (await counters.get({ namespace, counter })).count;
/** As many at once as there are connections: of a busy machine, who waits for one gives up. */
const atOnce = 8;
async function addTo(keys: readonly CounterKey[]): Promise<void> {
  for (let first = 0; first < keys.length; first += atOnce)
    await Promise.all(keys.slice(first, first + atOnce).map((key) => counters.add(key, { delta: 1 })));
}
const windowEnd = () => world.clock.now() - acceptMs - skewMs;

test('DC-4: an event older than the limit is refused with an error of its own, which says the limit', async () => {
  const generationTimeMs = world.clock.now() - acceptMs - 1;
  await assert.rejects(counters.add(late('old'), { delta: 1, token: 'a', generationTimeMs }), {
    code: 'COUNTER_EVENT_TOO_OLD',
    message: /1001 ms ago.*limit is 1000 ms/,
  });
  await world.settle(worker, ['late:old']);
  assert.equal(await countOf('late', 'old'), 0);
});

test('DC-4: events within the limit may come in any order', async () => {
  const nowMs = world.clock.now();
  for (const [index, ageMs] of [0, 999, 3, 500, 1_000, 1, 250].entries())
    await counters.add(late('shuffled'), {
      delta: 2 ** index,
      token: `t${index}`,
      generationTimeMs: nowMs - ageMs,
    });
  await world.settle(worker, ['late:shuffled']);
  assert.equal(await countOf('late', 'shuffled'), 127);
});

test('DC-4: an event that storage gets late, after its time was frozen, is refused there', async () => {
  const slow: Queries = {
    async query(statement, values) {
      if (statement.name === 'insert_counter_event') {
        // Until it has a connection, the window moves on.
        world.clock.advance(acceptMs + skewMs + 50);
        worker.hear(['late:queued']);
        await worker.cycle('late');
      }
      return world.storage.query(statement, values);
    },
  };
  const event = { delta: 1, token: 'slow', generationTimeMs: world.clock.now() };
  await assert.rejects((await world.open({ queries: slow })).add(late('queued'), event), {
    code: 'COUNTER_EVENT_TOO_OLD',
  });
  await world.settle(worker, ['late:queued']);
  assert.equal(await countOf('late', 'queued'), 0);
});

test('DC-4: an event without a time of its own gets another one, and where that is frozen too, storage is busy', async () => {
  let frozen = 0;
  const freezing = (times: number): Queries => ({
    async query(statement, values) {
      if (statement.name === 'insert_counter_event' && frozen < times) {
        frozen += 1;
        const end = new Date(world.clock.now() + 5_000).toISOString();
        const freeze = {
          name: 'test_freeze',
          text: 'UPDATE counter_windows SET frozen_up_to = $1 WHERE namespace = $2',
        };
        await world.storage.query(freeze, [end, 'late']);
        if (times === 1) world.clock.advance(5_001);
      }
      return world.storage.query(statement, values);
    },
  });
  worker.hear(['late:own']);
  await worker.cycle('late');
  await (await world.open({ queries: freezing(1) })).add(late('own'), { delta: 1 });
  await world.settle(worker, ['late:own']);
  assert.equal(await countOf('late', 'own'), 1);
  frozen = 0;
  const behind = await world.open({ queries: freezing(2) });
  await assert.rejects(behind.add(late('own'), { delta: 1 }), { code: 'STORAGE_BUSY' });
  assert.equal(frozen, 2);
  world.clock.advance(6_000);
  await behind.add(late('own'), { delta: 1 });
  await world.settle(worker, ['late:own']);
  assert.equal(await countOf('late', 'own'), 2);
});

/** Adds within a transaction that stays open while a worker rolls up; answers what is counted in the end. */
async function countAroundOpenTransaction(counter: string, own: RollupWorker): Promise<number> {
  await counters.add(late(counter), { delta: 1 });
  await world.storage.transaction(async (queries) => {
    await counters.add(late(counter), { delta: 10 }, queries);
    world.clock.advance(acceptMs + skewMs + 500);
    await counters.add(late(counter), { delta: 100 });
    own.hear([`late:${counter}`]);
    await own.cycle('late');
  });
  await world.settle(own, [`late:${counter}`]);
  return countOf('late', counter);
}

test('DC-6: what a transaction adds that is open while others roll up is not missed', async () => {
  const before = world.scans.length;
  const startedAtMs = world.clock.now();
  assert.equal(await countAroundOpenTransaction('held', worker), 111);
  for (const { toMs } of world.scans.slice(before, before + 1))
    assert.ok(Number(toMs) > startedAtMs, 'only afterwards');
});

test('DC-6: an end that looks at the clock alone misses it', async () => {
  const naive = world.worker({ window: { advance: async () => windowEnd() } });
  assert.equal(await countAroundOpenTransaction('held-in-vain', naive), 101);
});

test('DC-6: no rollup reads an event that is not frozen, and after quiet the count is exact', async () => {
  const before = world.scans.length;
  for (let round = 0; round < 20; round += 1) {
    await counters.add(late('bounds'), { delta: 1 });
    worker.hear(['late:bounds']);
    const endMs = windowEnd();
    const scanned = world.scans.length;
    await worker.cycle('late');
    for (const { toMs } of world.scans.slice(scanned)) assert.ok(Number(toMs) <= endMs);
    world.clock.advance(150);
  }
  assert.ok(world.scans.length > before);
  assert.notEqual(await countOf('late', 'bounds'), 20, 'it is late before');
  world.clock.advance(acceptMs + skewMs);
  await worker.cycle('late');
  assert.equal(await countOf('late', 'bounds'), 20);
});

test('DC-5: a clear takes what was before it, also when all come shuffled', async () => {
  const at = (ageMs: number) => world.clock.now() - ageMs;
  const deeds = [
    () => counters.add(late('cleared'), { delta: 3, token: 'after', generationTimeMs: at(100) }),
    () => counters.add(late('cleared'), { delta: 10, token: 'before', generationTimeMs: at(900) }),
    () => counters.clear(late('cleared'), { token: 'clear', generationTimeMs: at(500) }),
  ];
  for (const deed of deeds) await deed();
  await world.settle(worker, ['late:cleared']);
  assert.equal(await countOf('late', 'cleared'), 3);
});

test('DC-5: at one time, tokens say what was before the clear', async () => {
  const generationTimeMs = world.clock.now();
  await counters.add(late('tied'), { delta: 1, token: 'a', generationTimeMs });
  await counters.add(late('tied'), { delta: 20, token: 'c', generationTimeMs });
  await counters.clear(late('tied'), { token: 'b', generationTimeMs });
  await world.settle(worker, ['late:tied']);
  assert.equal(await countOf('late', 'tied'), 20);
});

/** As many adds do, in one statement. */
const addMany = {
  name: 'test_add_many',
  text: `INSERT INTO counter_events SELECT 'late', 'hot', 0, $1::timestamptz, number::text, 1, false
         FROM generate_series(1, $2::integer) AS number`,
};

test('DC-7: 10,000 operations on one counter between two cycles are one rollup', async () => {
  const before = told.done;
  await world.storage.query(addMany, [new Date(world.clock.now()).toISOString(), 9_900]);
  await addTo(Array.from({ length: 100 }, () => late('hot')));
  for (let operations = 0; operations < 10_000; operations += 1) worker.hear(['late:hot']);
  world.clock.advance(acceptMs + skewMs);
  await worker.cycle('late');
  assert.equal(told.done - before, 1);
  assert.equal(await countOf('late', 'hot'), 10_000);
});

test('DC-8: a hint has no delta, and a cached rollup is one value', async () => {
  assert.equal(formatAnnouncement(['late:a', 'late:b']), 'late:a late:b');
  assert.deepEqual(parseAnnouncement('late:a nonsense late:b:c'), ['late:a', 'late:b:c']);
  assert.equal(announcementChannel('x:', 3), 'x:counter-rollups:3');
  await counters.add(late('pair'), { delta: 5 });
  await world.settle(worker, ['late:pair']);
  const [pair] = await world.cache.readMany([late('pair')]);
  assert.deepEqual(pair, { count: '5', rollupMs: windowEnd() });
  for (const torn of ['5', '5@', '@5', '', 'x@5', null]) assert.equal(parseRollup(torn), undefined);
});

test('DC-8: an older rollup replaces no newer one, neither in Redis nor in storage', async () => {
  await counters.add(late('overtaken'), { delta: 5 });
  await world.settle(worker, ['late:overtaken']);
  const kept = await world.cache.readMany([late('overtaken')]);
  await world.cache.fill([{ ...late('overtaken'), count: '1', rollupMs: windowEnd() - 1, ttlMs: 60_000 }]);
  assert.deepEqual(await world.cache.readMany([late('overtaken')]), kept);
});

test('DC-9: of two workers on one counter, the one that is late does not take back what the other has counted', async () => {
  const { promise: overtaken, resolve: overtake } = Promise.withResolvers<void>();
  const { promise: isReading, resolve: hasRead } = Promise.withResolvers<void>();
  let outcomes: string[] = [];
  const slow = world.worker({
    queries: {
      async query(statement, values) {
        if (statement.name === 'keep_counter_rollups') {
          hasRead();
          await overtaken;
        }
        return world.storage.query(statement, values);
      },
    },
    observe: {
      rolledUp: (outcome, counted) => (outcomes = [...outcomes, ...Array<string>(counted).fill(outcome)]),
    },
  });
  await counters.add(late('raced'), { delta: 1 });
  world.clock.advance(acceptMs + skewMs + 1);
  slow.hear(['late:raced']);
  const slowly = slow.cycle('late');
  await isReading;
  await counters.add(late('raced'), { delta: 10 });
  await world.settle(worker, ['late:raced']);
  overtake();
  await slowly;
  assert.deepEqual(outcomes, ['overtaken']);
  assert.equal(await countOf('late', 'raced'), 11);
  assert.equal((await counters.get({ namespace: 'late', counter: 'raced' })).rolledUpToMs, windowEnd());
});

test('DC-9: two workers that roll up the same counters at the same time count exactly', async () => {
  const workers = [world.worker(), world.worker()];
  const names = Array.from({ length: 12 }, (_, index) => `both-${index}`);
  const ids = names.map((name) => `late:${name}`);
  for (let round = 0; round < 8; round += 1) {
    await Promise.all([
      ...names.map((name) => counters.add(late(name), { delta: 1 + (round % 3) })),
      ...workers.map(async (own) => {
        own.hear(ids);
        await own.cycle('late');
      }),
    ]);
    world.clock.advance(400);
  }
  await Promise.all(workers.map((own) => world.settle(own, ids)));
  const counted = await counters.getMany(names.map(late));
  assert.deepEqual(
    counted.map(({ count }) => count),
    names.map(() => 15),
  );
});

test('DC-10: a read of an eventual counter reads no event, of an accurate one those since its rollup, of the raw log all', async () => {
  let read = 0;
  const watched = await world.open({ observe: { eventsRead: (_, events) => void (read += events) } });
  const readsOf = async (namespace: string): Promise<number> => {
    read = 0;
    await watched.get({ namespace, counter: 'grown' });
    return read;
  };
  let all = 0;
  for (const grown of [10, 100]) {
    for (const namespace of ['late', 'live', 'raw'])
      await addTo(Array.from({ length: grown }, () => ({ namespace, counter: 'grown' })));
    assert.deepEqual([await readsOf('late'), await readsOf('live')], [0, grown]);
    all += grown;
    assert.equal(await readsOf('raw'), all);
    await world.settle(worker, ['late:grown', 'live:grown']);
    assert.deepEqual([await readsOf('late'), await readsOf('live')], [0, 0]);
  }
  assert.deepEqual([await countOf('late', 'grown'), await countOf('live', 'grown')], [110, 110]);
});

test('DC-10: of many counters the queues are empty once writes stop; the few of a low cardinality stay in them', async () => {
  const own = world.worker();
  const names = Array.from({ length: 30 }, (_, index) => `queued-${index}`);
  for (const namespace of ['late', 'few']) await addTo(names.map((counter) => ({ namespace, counter })));
  own.hear(names.map((name) => `late:${name}`));
  await own.cycle('late');
  assert.equal(own.length(), names.length, 'their events are not frozen yet');
  world.clock.advance(acceptMs + skewMs);
  await own.cycle('late');
  assert.equal(own.length(), 0);
  own.hear(names.map((name) => `few:${name}`));
  own.hear(['few:nobody-counts-here']);
  for (let cycles = 0; cycles < 4; cycles += 1) {
    await own.cycle('few');
    assert.equal(own.length(), names.length);
    world.clock.advance(acceptMs + skewMs);
  }
  await own.drain();
  assert.equal(own.length(), 0, 'a worker that ends takes them out');
});

test('what cannot be rolled up now waits, and is told', async () => {
  let failed = 0;
  let isAway = true;
  const own = world.worker({
    queries: {
      async query(statement, values) {
        if (isAway && statement.name === 'keep_counter_rollups') throw new RangeError('away');
        return world.storage.query(statement, values);
      },
    },
    observe: { rolledUp: (outcome, counted) => void (failed += outcome === 'failed' ? counted : 0) },
  });
  await counters.add(late('patient'), { delta: 4 });
  world.clock.advance(acceptMs + skewMs);
  own.hear(['late:patient']);
  await own.cycle('late');
  assert.deepEqual([failed, own.length()], [1, 1]);
  isAway = false;
  await own.cycle('late');
  assert.deepEqual([await countOf('late', 'patient'), own.length()], [4, 0]);
});

test('a counter that nobody has looked at for long is rolled up by the bucket', async () => {
  const before = world.scans.length;
  for (let second = 0; second < 5; second += 1) {
    await counters.add({ namespace: 'spread', counter: 'long' }, { delta: 1 });
    world.clock.advance(1_000);
  }
  await world.settle(worker, ['spread:long']);
  const own = world.scans.slice(before).filter(({ counter }) => counter === 'long');
  assert.equal(own.length, 5);
  assert.equal(await countOf('spread', 'long'), 5);
});

test('a bucket with more events than can be summed at once is rolled up in shorter steps', async () => {
  const startMs = Math.ceil(world.clock.now() / 1_000) * 1_000;
  world.clock.advance(startMs + 900 - world.clock.now());
  for (let part = 0; part < 8; part += 1) {
    const generationTimeMs = startMs + part * 100;
    await counters.add({ namespace: 'spread', counter: 'dense' }, { delta: 1, generationTimeMs });
  }
  const own = world.worker({
    queries: {
      async query<Row extends object>(statement: Statement, values: readonly unknown[]) {
        const rows = await world.storage.query<Row & { events?: number }>(statement, values);
        if (statement.name === 'sum_counter_events' && rows.some(({ events = 0 }) => events > 3))
          throw new RangeError('it takes too long');
        return rows;
      },
    },
  });
  await world.settle(own, ['spread:dense']);
  assert.deepEqual([await countOf('spread', 'dense'), own.length()], [8, 0]);
});

type Deed =
  | { readonly do: 'add'; readonly delta: number; readonly ageMs: number; readonly token: number }
  | { readonly do: 'clear'; readonly ageMs: number; readonly token: number }
  | { readonly do: 'again'; readonly of: number }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'roll up'; readonly by: number };

const ageMs = fc.oneof(fc.constant(0), fc.nat(acceptMs));
const token = fc.nat(3);
const deeds = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        do: fc.constant('add' as const),
        delta: fc.integer({ min: -5, max: 9 }),
        ageMs,
        token,
      }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('clear' as const), ageMs, token }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('again' as const), of: fc.nat(20) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.nat(700) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('roll up' as const), by: fc.nat(1) }) },
  ),
  { minLength: 10, maxLength: 40 },
);

type Kept = { readonly timeMs: number; readonly token: string; readonly delta: number | null };

/** What the events say that were taken, each once: those after the last clear. */
function oracle(kept: readonly Kept[]): number {
  const ordered = kept.toSorted((a, b) => a.timeMs - b.timeMs || (a.token < b.token ? -1 : 1));
  const cleared = ordered.findLastIndex(({ delta }) => delta === null);
  return ordered.slice(cleared + 1).reduce((sum, { delta }) => sum + (delta ?? 0), 0);
}

for (const namespace of ['late', 'spread', 'live'] as const) {
  test(`whatever comes in which order, how often, and rolled up when: the count in ${namespace} is that of its events`, async () => {
    const workers = [world.worker(), world.worker()];
    let runs = 0;
    await fc.assert(
      fc.asyncProperty(deeds, async (given: readonly Deed[]) => {
        const key = { namespace, counter: `random-${(runs += 1)}` };
        const id = `${namespace}:${key.counter}`;
        const kept = new Map<string, Kept>();
        const send = async (event: Kept): Promise<void> => {
          const idempotent = { token: event.token, generationTimeMs: event.timeMs };
          const isTaken = await (
            event.delta === null
              ? counters.clear(key, idempotent)
              : counters.add(key, { ...idempotent, delta: event.delta })
          ).then(
            () => true,
            () => false,
          );
          const isInTime = event.timeMs >= world.clock.now() - acceptMs;
          assert.equal(isTaken, isInTime, 'within the limit everything is taken');
          const place = `${event.timeMs} ${event.token}`;
          if (isTaken && !kept.has(place)) kept.set(place, event);
        };
        for (const deed of given) {
          const timeMs = 'ageMs' in deed ? world.clock.now() - deed.ageMs : 0;
          if (deed.do === 'add') await send({ timeMs, token: `t${deed.token}`, delta: deed.delta });
          if (deed.do === 'clear') await send({ timeMs, token: `t${deed.token}`, delta: null });
          const again = deed.do === 'again' ? [...kept.values()].at(-1 - deed.of) : undefined;
          if (again !== undefined) await send(again);
          if (deed.do === 'wait') world.clock.advance(deed.ms);
          if (deed.do === 'roll up') {
            workers[deed.by]?.hear([id]);
            await workers[deed.by]?.cycle(namespace);
          }
          if (namespace === 'live')
            assert.equal(await countOf(namespace, key.counter), oracle([...kept.values()]));
        }
        for (const own of workers) await world.settle(own, [id]);
        assert.equal(await countOf(namespace, key.counter), oracle([...kept.values()]));
      }),
      { numRuns: 12 },
    );
  });
}
