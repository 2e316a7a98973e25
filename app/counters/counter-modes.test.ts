import assert from 'node:assert/strict';
import { after, before, describe, it, test } from 'node:test';
import { openCounterWorld } from '../../tests/support/counter-world.ts';
import type { CounterWorld } from '../../tests/support/counter-world.ts';
import { DarkroomError } from '../errors.ts';
import type { Queries, TransactionQueries } from '../storage/statement.ts';
import { countApart } from './counted-changes-service.ts';
import type { CounterEvent, CounterKey, CounterService } from './counter-service.ts';
import { eventSlices } from './event-slices.ts';
import type { EventLog } from './modes/event-log.ts';
import { createFlushMode } from './modes/flush-mode.ts';
import { createEventualMode } from './modes/rolled-up-modes.ts';
import type { RolledUpParts } from './modes/rolled-up-modes.ts';
import type { RollupWorker } from './rollup-loops.ts';
import { hasEvents } from './system.ts';
import type { CounterModeName } from './system.ts';

const modes = ['row', 'best-effort', 'eventual', 'accurate', 'row-cas', 'flush', 'raw-log'] as const;
/** A namespace for each mode. */
const text = JSON.stringify(
  Object.fromEntries(modes.map((mode) => [`in-${mode}`, { type: mode, isOpen: true }])),
);

const cleanups: (() => Promise<void> | void)[] = [];
let world: CounterWorld;
let counters: CounterService;
let worker: RollupWorker;
before(async () => {
  world = await openCounterWorld(
    { after: (work) => void cleanups.push(work as () => Promise<void>) },
    { text },
  );
  counters = await world.open();
  worker = world.worker();
});
after(async () => {
  for (const cleanup of cleanups) await cleanup();
});

const keyIn = (mode: CounterModeName, counter: string) => ({ namespace: `in-${mode}`, counter });
/** What is counted once everything has come to rest. */
async function atRest(mode: CounterModeName, counter: string): Promise<number> {
  if (mode === 'eventual' || mode === 'accurate') await world.settle(worker, [`in-${mode}:${counter}`]);
  return (await counters.get(keyIn(mode, counter))).count;
}

for (const mode of modes) {
  describe(`a counter in mode ${mode}`, () => {
    it('is 0 before anybody counts, also among others', async () => {
      assert.deepEqual((await counters.get(keyIn(mode, 'nobody'))).count, 0);
      const many = await counters.getMany([keyIn(mode, 'nobody'), keyIn(mode, 'no-one')]);
      assert.deepEqual(
        many.map(({ count }) => count),
        [0, 0],
      );
    });

    it('counts up and down, and many at once are answered in their order', async () => {
      for (const delta of [5, -2, 10, -1]) await counters.add(keyIn(mode, 'moved'), { delta });
      await counters.add(keyIn(mode, 'below'), { delta: -4 });
      assert.equal(await atRest(mode, 'moved'), 12);
      assert.equal(await atRest(mode, 'below'), -4);
      const keys = ['below', 'nobody', 'moved'].map((name) => keyIn(mode, name));
      assert.deepEqual(
        (await counters.getMany(keys)).map(({ count }) => count),
        [-4, 0, 12],
      );
    });

    it('answers with its new value', async () => {
      await counters.add(keyIn(mode, 'answered'), { delta: 3 });
      await atRest(mode, 'answered');
      const counted = await counters.addAndGet(keyIn(mode, 'answered'), { delta: 4 });
      assert.equal(counted.count, 7);
      assert.equal(counted.generationTimeMs, world.clock.now());
    });

    it('is 0 after it was cleared, and counts on from there', async () => {
      await counters.add(keyIn(mode, 'cleared'), { delta: 10 });
      world.clock.advance(1);
      await counters.clear(keyIn(mode, 'cleared'));
      world.clock.advance(1);
      await counters.add(keyIn(mode, 'cleared'), { delta: 3 });
      assert.equal(await atRest(mode, 'cleared'), 3);
      await counters.clear(keyIn(mode, 'never-used'));
      assert.equal(await atRest(mode, 'never-used'), 0);
    });

    it('refuses deltas that are none, and tokens from the future', async () => {
      for (const delta of [1.5, 1e9 + 1, -1e9 - 1, Number.NaN, 1e300])
        await assert.rejects(counters.add(keyIn(mode, 'refused'), { delta }), {
          code: 'COUNTER_DELTA_OUT_OF_RANGE',
        });
      const generationTimeMs = world.clock.now() + 1_001;
      await assert.rejects(counters.add(keyIn(mode, 'refused'), { delta: 1, token: 'a', generationTimeMs }), {
        code: 'COUNTER_TOKEN_FROM_FUTURE',
      });
      assert.equal(await atRest(mode, 'refused'), 0);
    });
  });
}

const timesSent = 4;
for (const mode of modes) {
  const isOnce = hasEvents(mode);
  test(`DC-2: a token that is sent ${timesSent} times counts ${isOnce ? 'once' : `${timesSent} times`} in mode ${mode}`, async () => {
    const event = { delta: 7, token: 'same', generationTimeMs: world.clock.now() };
    for (let times = 0; times < timesSent; times += 1) await counters.add(keyIn(mode, 'repeated'), event);
    await Promise.all([1, 2, 3].map(() => counters.add(keyIn(mode, 'at-once'), event)));
    assert.equal(await atRest(mode, 'repeated'), isOnce ? 7 : 7 * timesSent);
    assert.equal(await atRest(mode, 'at-once'), isOnce ? 7 : 21);
  });
}

test('DC-1: the mode of a counter is its namespace’s, and nothing else says it', () => {
  for (const mode of modes) assert.equal(counters.namespaceOf(`in-${mode}`).mode, mode);
  assert.throws(() => counters.namespaceOf('nowhere'), { code: 'COUNTER_NAMESPACE_UNKNOWN' });
});

/** Storage whose acknowledgement of an event is lost, for every other one. */
function losingAcknowledgements(storage: Queries): Queries {
  let sent = 0;
  return {
    async query(statement, values) {
      const rows = await storage.query(statement, values);
      if (statement.name === 'insert_counter_event' && (sent += 1) % 2 === 1)
        throw new DarkroomError('STORAGE_UNAVAILABLE', 'The answer was lost.');
      return rows as never;
    },
  };
}

test('DC-3: when acknowledgements are lost and senders try again, the count is the number of tokens', async () => {
  const unsure = await world.open({ queries: losingAcknowledgements(world.storage) });
  const key = keyIn('eventual', 'unsure');
  let attempts = 0;
  const addSurely = async (token: string, generationTimeMs: number): Promise<void> => {
    attempts += 1;
    await unsure
      .add(key, { delta: 1, token, generationTimeMs })
      .catch(() => addSurely(token, generationTimeMs));
  };
  const tokens = Array.from({ length: 40 }, (_, index) => `token-${index}`);
  await Promise.all(tokens.map((token) => addSurely(token, world.clock.now())));
  assert.ok(attempts > tokens.length, 'some had to try again');
  assert.equal(await atRest('eventual', 'unsure'), tokens.length);
  assert.equal((await counters.get(keyIn('accurate', 'unsure'))).count, 0);
});

test('a count stays within the range of exact numbers', async () => {
  const { storage } = world;
  const setUp = [
    `INSERT INTO counter_rows (namespace, counter, count) SELECT name, 'full', ${Number.MAX_SAFE_INTEGER - 5}
     FROM unnest(ARRAY['in-row', 'in-row-cas', 'in-flush']) AS name`,
  ];
  for (const sql of setUp) await storage.query({ name: 'test_set_up', text: sql }, []);
  for (const mode of ['row', 'row-cas'] as const) {
    await assert.rejects(counters.add(keyIn(mode, 'full'), { delta: 6 }), { code: 'COUNTER_TOO_LARGE' });
    await counters.add(keyIn(mode, 'full'), { delta: 5 });
    assert.equal((await counters.get(keyIn(mode, 'full'))).count, Number.MAX_SAFE_INTEGER);
  }
  await storage.query(
    {
      name: 'test_full_log',
      text: `INSERT INTO counter_events SELECT 'in-raw-log', 'full', 0, $1::timestamptz, number::text, ${Number.MAX_SAFE_INTEGER}, false
             FROM generate_series(1, 2) AS number`,
    },
    [new Date(world.clock.now()).toISOString()],
  );
  await assert.rejects(counters.get(keyIn('raw-log', 'full')), { code: 'COUNTER_TOO_LARGE' });
  await assert.doesNotReject(counters.get(keyIn('raw-log', 'moved')));
});

test('a row that too many swap at once is refused after a bounded number of attempts', async () => {
  let swaps = 0;
  const contended = await world.open({
    queries: {
      async query(statement, values) {
        const rows = await world.storage.query(statement, values);
        if (statement.name !== 'swap_counter_row') return rows as never;
        swaps += 1;
        return [];
      },
    },
  });
  await counters.add(keyIn('row-cas', 'contended'), { delta: 1 });
  await assert.rejects(contended.add(keyIn('row-cas', 'contended'), { delta: 1 }), {
    code: 'COUNTER_CONTENDED',
  });
  assert.equal(swaps, 20);
});

test('many that swap one row at once are all counted, or told that they are not', async () => {
  const key = keyIn('row-cas', 'busy');
  const results = await Promise.allSettled(Array.from({ length: 12 }, () => counters.add(key, { delta: 1 })));
  const counted = results.filter(({ status }) => status === 'fulfilled').length;
  assert.equal((await counters.get(key)).count, counted);
  assert.ok(counted > 0);
});

test('an event is committed with the transaction of its caller, and gone with it', async () => {
  for (const mode of ['row', 'row-cas', 'eventual', 'accurate', 'raw-log'] as const) {
    const key = keyIn(mode, 'in-transaction');
    await world.storage.transaction(async (queries) => void (await counters.add(key, { delta: 2 }, queries)));
    const failing = world.storage.transaction(async (queries) => {
      await counters.add(key, { delta: 5 }, queries);
      throw new RangeError('the caller has thought better of it');
    });
    await assert.rejects(failing, RangeError);
    assert.equal(await atRest(mode, 'in-transaction'), 2, mode);
  }
});

test('a slice is not dropped while somebody reads the log, and whoever comes later does not wait behind that for long', async () => {
  const [slice] = await eventSlices.list(world.storage);
  assert.ok(slice !== undefined);
  await world.storage.transaction(async (reader) => {
    await reader.query({ name: 'test_read_log', text: 'SELECT FROM counter_events LIMIT 1' }, []);
    const dropping = world.storage.transaction(async (queries) => {
      // Were it to wait for the lock, it would end by this, which is another error.
      await queries.query(
        {
          name: 'test_wait',
          text: `SELECT set_config('lock_timeout', '0', true), set_config('statement_timeout', '1500', true)`,
        },
        [],
      );
      await eventSlices.drop(queries, slice);
    });
    await assert.rejects(dropping, (error: Error) => {
      assert.equal((error.cause as { code?: string }).code, '55P03');
      return true;
    });
  });
});

/** Storage where flushes wait until they are let go. */
function holdingFlushes(storage: Queries) {
  const begun = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  const queries: Queries = {
    async query(statement, values) {
      if (statement.name === 'raise_counter_rows') {
        begun.resolve();
        await released.promise;
      }
      return storage.query(statement, values);
    },
  };
  return { queries, begun: begun.promise, release: () => released.resolve() };
}

/** Long enough for a statement that was sent before to be answered. */
async function otherStatements(): Promise<void> {
  for (let times = 0; times < 5; times += 1)
    await world.storage.query({ name: 'test_other', text: 'SELECT 1' }, []);
}

const usualFlush = {
  everyMs: 3_600_000,
  random: () => 0.5,
  onTrouble: (reason: unknown) => assert.fail(String(reason)),
};
const addOf = (delta: number) => ({ delta, isClear: false, token: 'any', timeMs: world.clock.now() });

test('what is under way to storage is counted, once', async () => {
  const key = keyIn('flush', 'under-way');
  const held = holdingFlushes(world.storage);
  const mode = createFlushMode({ ...usualFlush, storage: held.queries });
  await mode.write(key, addOf(4));
  const flushed = mode.close?.();
  await held.begun;
  const counted = mode.getMany([key]);
  await otherStatements();
  held.release();
  assert.equal((await counted)[0]?.count, 4);
  await flushed;
  assert.equal((await mode.getMany([key]))[0]?.count, 4);
});

test('a clear does not meet what its process had under way to storage', async () => {
  const key = keyIn('flush', 'cleared-under-way');
  const held = holdingFlushes(world.storage);
  const mode = createFlushMode({ ...usualFlush, storage: held.queries });
  await mode.write(key, addOf(4));
  const flushed = mode.close?.();
  await held.begun;
  const cleared = mode.write(key, { ...addOf(0), isClear: true });
  await otherStatements();
  held.release();
  await Promise.all([flushed, cleared]);
  assert.equal((await mode.getMany([key]))[0]?.count, 0);
});

test('while storage is away sums of so many counters wait and others are refused; afterwards all are flushed', async () => {
  let isAway = true;
  let troubles = 0;
  const mode = createFlushMode({
    ...usualFlush,
    countersMax: 2,
    storage: {
      async query(statement, values) {
        if (isAway) throw new DarkroomError('STORAGE_UNAVAILABLE', 'It is away.');
        return world.storage.query(statement, values);
      },
    },
    onTrouble: () => (troubles += 1),
  });
  const [first, second, third] = ['away-1', 'away-2', 'away-3'].map((name) => keyIn('flush', name)) as [
    CounterKey,
    CounterKey,
    CounterKey,
  ];
  await mode.write(first, addOf(1));
  await mode.close?.();
  assert.equal(troubles, 1);
  await mode.write(second, addOf(2));
  await assert.rejects(mode.write(third, addOf(1)), { code: 'OVERLOADED' });
  await mode.write(second, addOf(3));
  await assert.rejects(mode.write(first, { ...addOf(0), isClear: true }), { code: 'STORAGE_UNAVAILABLE' });
  isAway = false;
  await mode.close?.();
  assert.deepEqual(
    (await counters.getMany([first, second, third])).map(({ count }) => count),
    [1, 5, 0],
  );
});

test('what a process has summed and not flushed is lost with it; one that ends in order flushes', async () => {
  const key = keyIn('flush', 'summed');
  const another = () =>
    createFlushMode({
      storage: world.storage,
      everyMs: 3_600_000,
      random: () => 0.5,
      onTrouble: () => assert.fail('it was not flushed'),
    });
  const [dying, ending] = [another(), another()];
  const event = { delta: 4, isClear: false, token: 'any', timeMs: world.clock.now() };
  await dying.write(key, event);
  assert.equal((await dying.getMany([key]))[0]?.count, 4, 'its own process sees it');
  assert.equal((await ending.getMany([key]))[0]?.count, 0, 'no other process does');
  await ending.write(key, { ...event, delta: 3 });
  await ending.close?.();
  assert.equal((await counters.get(key)).count, 3);
});

test('workers are told of what is counted in a transaction once it is committed, and never where it is not', async () => {
  const events: string[] = [];
  const log = { append: async () => {} } as unknown as EventLog;
  const announcer = {
    announce: ([key]: readonly CounterKey[]) => void events.push(`told of ${key?.counter}`),
  };
  const mode = createEventualMode({ log, announcer } as unknown as RolledUpParts);
  const counters = {
    async add(key: CounterKey, { delta }: CounterEvent, queries?: Queries) {
      events.push(key.counter);
      await mode.write(key, { delta, isClear: false, token: '', timeMs: 0 }, queries);
      return { generationTimeMs: 0 };
    },
    committed: (key: CounterKey) => mode.committed?.(key),
  };
  const { storage } = world;
  const changes = countApart({ storage, counters, countsInCommit: true, ownLikes: null });
  const ids = { name: 'test_two_ids', text: 'SELECT unnest(ARRAY[9, 10]) AS id' };
  const countTwo = (queries?: TransactionQueries) =>
    changes.change<{ id: number }>(
      { inRow: ids, apart: ids },
      [],
      ({ id }) => ({ of: 'likes', id, by: 1 }),
      queries,
    );
  await storage.transaction(async (queries) => {
    await countTwo(queries);
    events.push('end');
  });
  // By their names, as storage orders them.
  assert.deepEqual(events.splice(0), ['10', '9', 'end', 'told of 10', 'told of 9']);
  await countTwo();
  assert.deepEqual(events.splice(0), ['10', '9', 'told of 10', 'told of 9']);
  const fails = storage.transaction(async (queries) => {
    await countTwo(queries);
    throw new RangeError('rolled back');
  });
  await assert.rejects(fails, RangeError);
  assert.deepEqual(events, ['10', '9']);
});
