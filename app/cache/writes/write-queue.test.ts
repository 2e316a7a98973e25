import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import { createFakeClock } from '../../../tests/support/fake-clock.ts';
import { makeLogFolder, startOwnRedis } from '../../../tests/support/own-redis.ts';
import type { OwnRedis } from '../../../tests/support/own-redis.ts';
import { recordEvents } from '../../../tests/support/recorded-events.ts';
import type { RecordedEvent } from '../../../tests/support/recorded-events.ts';
import { patienceMs } from '../../../tests/support/test-redis-tier.ts';
import { waitUntil } from '../../../tests/support/wait-until.ts';
import { DarkroomError } from '../../errors.ts';
import type { AnyDeferredKind } from './apply-writes.ts';
import type { ChangedKey } from '../cache.ts';
import { createCircuitBreaker } from '../../redis/circuit-breaker.ts';
import { createDurableConnection } from '../../redis/durable-connection.ts';
import { commandTimeoutMs } from '../../redis/redis-connection.ts';
import { createWriteLog } from './write-log.ts';
import { createWriteQueue } from './write-queue.ts';

const folder = makeLogFolder();
const durable = ['--appendonly', 'yes', '--appendfsync', 'always'];
let redis: OwnRedis;
before(async () => {
  redis = await startOwnRedis(...durable, '--dir', folder);
});
after(async () => {
  await redis.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Storage in the test: what it was given, and what it says to that. */
type Store = {
  readonly batches: { readonly ids: readonly number[]; readonly isRepeated: boolean }[];
  refuses: (ids: readonly number[]) => Error | null | Promise<null>;
};
const createStore = (): Store => ({ batches: [], refuses: () => null });

const numbered: (store: Store) => AnyDeferredKind = (store) => ({
  parse: (payload) => (payload as { id?: unknown }).id,
  async applyMany(payloads, isRepeated) {
    const ids = payloads as readonly number[];
    const refusal = await store.refuses(ids);
    if (refusal !== null) throw refusal;
    store.batches.push({ ids, isRepeated });
    return ids.map((id): ChangedKey => ({ entity: { name: 'photo' }, id, version: 2 }));
  },
});

const write = (id: number, key = String(id)) => ({
  kind: 'number',
  payload: { id },
  coalescingKey: key,
  answer: () => Promise.resolve(id),
});

let prefixes = 0;
const nextPrefix = (): string => `test:${(prefixes += 1)}:`;

type Options = {
  readonly prefix?: string;
  readonly queueEntriesMax?: number;
  readonly takeOverMs?: number;
  readonly stopLimitMs?: number;
  readonly timeoutMs?: number;
};

/** The queue of one replica, as its process makes it. */
async function createReplicaQueue(context: TestContext, store: Store, options: Options = {}) {
  const { prefix = nextPrefix(), queueEntriesMax = 100, takeOverMs = 0 } = options;
  const { stopLimitMs = patienceMs, timeoutMs = patienceMs } = options;
  const events: RecordedEvent[] = [];
  const applied: ChangedKey[] = [];
  const background: string[] = [];
  const runInBackground = (_: string, task: Promise<unknown>) =>
    void task.catch((error: unknown) => background.push(String(error)));
  const connection = createDurableConnection({
    ...{ url: redis.url, need: 'a test needs it', timeoutMs },
    runInBackground,
  });
  context.after(() => connection.close());
  await connection.start();
  const lengths: number[] = [];
  const log = createWriteLog(connection, prefix, (writes) => lengths.push(writes));
  const clock = createFakeClock();
  const queue = createWriteQueue({
    log,
    kinds: new Map([['number', numbered(store)]]),
    candidate: { flushMs: 60_000, queueEntriesMax },
    breaker: createCircuitBreaker(clock),
    clock,
    random: () => 0,
    observe: recordEvents(events),
    onApplied: async (changed) => void applied.push(...changed),
    runInBackground,
    takeOverMs,
    stopLimitMs,
  });
  return {
    queue,
    log,
    clock,
    connection,
    applied,
    background,
    prefix,
    lengths,
    counts: () => countsOf(events),
  };
}

/** How many writes came to which end. */
function countsOf(events: readonly RecordedEvent[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const event of events)
    if (event.type === 'queue') counts[event.outcome] = (counts[event.outcome] ?? 0) + event.count;
  return counts;
}

const lengthOf = (prefix: string, name = ''): Promise<unknown> =>
  redis.command('XLEN', `${prefix}write-behind${name}`);

describe('the queue of writes', () => {
  it('gives storage one batch, and tells the cache what it changed', async (context) => {
    const store = createStore();
    const { queue, applied, prefix, counts } = await createReplicaQueue(context, store);
    for (const id of [1, 2, 3]) assert.equal(await queue.append(write(id)), true);
    assert.deepEqual(store.batches, []);
    await queue.flush();
    assert.deepEqual(store.batches, [{ ids: [1, 2, 3], isRepeated: false }]);
    assert.deepEqual(
      applied.map(({ id }) => id),
      [1, 2, 3],
    );
    await queue.flush();
    assert.equal(store.batches.length, 1);
    assert.equal(await lengthOf(prefix), 0);
    assert.deepEqual(counts(), { appended: 3, flushed: 3 });
  });

  it('tells how many wait, also of others, and that they still do when storage is not there', async (context) => {
    const store = createStore();
    const one = await createReplicaQueue(context, store);
    const other = await createReplicaQueue(context, store, { prefix: one.prefix });
    for (const id of [1, 2]) await one.queue.append(write(id));
    assert.deepEqual(one.lengths, [1, 2]);
    store.refuses = () => new DarkroomError('STORAGE_UNAVAILABLE', 'away');
    await assert.rejects(other.queue.flush());
    assert.equal(other.lengths.at(-1), 2);
    store.refuses = () => null;
    await other.queue.flush();
    assert.equal(other.lengths.at(-1), 0);
    assert.equal(one.lengths.at(-1), 2);
    await one.queue.flush();
    assert.equal(one.lengths.at(-1), 0);
  });

  it('that is full tells that it is', async (context) => {
    const { queue, lengths } = await createReplicaQueue(context, createStore(), { queueEntriesMax: 1 });
    for (const id of [1, 2]) await queue.append(write(id));
    assert.deepEqual(lengths, [1, 1]);
  });

  it('lets the latest of the writes with one key stand for all of them', async (context) => {
    const store = createStore();
    const { queue, prefix, counts } = await createReplicaQueue(context, store);
    for (const [id, key] of [
      [1, 'a'],
      [2, 'b'],
      [3, 'a'],
    ] as const)
      await queue.append(write(id, key));
    await queue.flush();
    assert.deepEqual(store.batches, [{ ids: [2, 3], isRepeated: false }]);
    assert.equal(await lengthOf(prefix), 0);
    assert.deepEqual(counts(), { appended: 3, flushed: 3 });
  });

  it('takes no more than its bound, whoever asks, and takes again once it is flushed', async (context) => {
    const store = createStore();
    const one = await createReplicaQueue(context, store, { queueEntriesMax: 10 });
    const other = await createReplicaQueue(context, store, { queueEntriesMax: 10, prefix: one.prefix });
    const taken = await Promise.all(
      Array.from({ length: 30 }, (_, id) => (id % 2 === 0 ? one : other).queue.append(write(id))),
    );
    assert.equal(taken.filter(Boolean).length, 10);
    assert.equal(Number(one.counts()['full']) + Number(other.counts()['full']), 20);
    await other.queue.flush();
    assert.equal(store.batches.flatMap(({ ids }) => ids).length, 10);
    assert.equal(await one.queue.append(write(99)), true);
  });

  it('flushes more than one batch, bounded each', async (context) => {
    const store = createStore();
    const { queue } = await createReplicaQueue(context, store, { queueEntriesMax: 2_000 });
    await Promise.all(Array.from({ length: 1_200 }, (_, id) => queue.append(write(id))));
    await queue.flush();
    assert.deepEqual(
      store.batches.map(({ ids }) => ids.length),
      [500, 500, 200],
    );
  });

  it('refuses what is too long or of a kind that nobody has registered', async (context) => {
    const { queue, counts } = await createReplicaQueue(context, createStore());
    assert.equal(await queue.append({ ...write(1), payload: { id: 1, text: 'x'.repeat(5_000) } }), false);
    assert.equal(await queue.append({ ...write(1), kind: 'letter' }), false);
    assert.deepEqual(counts(), { unavailable: 2 });
  });

  it('flushes by itself once a write has waited long enough, or the queue is half full', async (context) => {
    const store = createStore();
    const { queue, counts } = await createReplicaQueue(context, store, { queueEntriesMax: 4 });
    queue.start();
    for (const id of [1, 2, 3]) await queue.append(write(id));
    await waitUntil(() => counts()['flushed'] === 3);
    await queue.stop();
  });

  it('flushes when it stops, in bounded time, and leaves the rest to others', async (context) => {
    const store = createStore();
    const one = await createReplicaQueue(context, store);
    await one.queue.append(write(1));
    await one.queue.stop();
    assert.deepEqual(store.batches, [{ ids: [1], isRepeated: false }]);
    const isAsked = Promise.withResolvers<void>();
    store.refuses = () => {
      isAsked.resolve();
      return Promise.withResolvers<null>().promise;
    };
    const stuck = await createReplicaQueue(context, store, { prefix: one.prefix, stopLimitMs: 50 });
    await stuck.queue.append(write(2));
    await Promise.all([stuck.queue.stop(), isAsked.promise]);
    store.refuses = () => null;
    const other = await createReplicaQueue(context, store, { prefix: one.prefix });
    await other.queue.flush();
    assert.deepEqual(store.batches.at(-1), { ids: [2], isRepeated: true });
  });
});

describe('a write that was taken', () => {
  it('by a replica that dies is taken over by another one', async (context) => {
    const store = createStore();
    const dying = await createReplicaQueue(context, store);
    for (const id of [1, 2]) await dying.queue.append(write(id));
    assert.equal((await dying.log.take(1)).length, 1);
    dying.connection.close();
    const patient = await createReplicaQueue(context, store, { prefix: dying.prefix, takeOverMs: 60_000 });
    await patient.queue.flush();
    assert.deepEqual(store.batches, [{ ids: [2], isRepeated: false }], 'it may still be under way');
    const next = await createReplicaQueue(context, store, { prefix: dying.prefix });
    await next.queue.flush();
    assert.deepEqual(store.batches.at(-1), { ids: [1], isRepeated: true });
    assert.equal(await lengthOf(dying.prefix), 0);
  });

  const failures = {
    'storage is not there': new DarkroomError('STORAGE_UNAVAILABLE', 'away'),
    'storage takes no writes': new DarkroomError('STORAGE_REFUSES_WRITES', 'read-only'),
    'it fails for a reason that nobody knows': new RangeError('something'),
  };
  for (const [name, failure] of Object.entries(failures))
    it(`waits on when ${name}, and is not counted as refused`, async (context) => {
      const store = createStore();
      const { queue, prefix, counts } = await createReplicaQueue(context, store);
      for (const id of [1, 2]) await queue.append(write(id));
      store.refuses = () => failure;
      for (let time = 0; time < 6; time += 1) await assert.rejects(queue.flush(), failure);
      assert.equal(await lengthOf(prefix), 2);
      assert.equal(await redis.command('EXISTS', `${prefix}write-behind:attempts`), 0);
      store.refuses = () => null;
      await queue.flush();
      assert.deepEqual(new Set(store.batches.flatMap(({ ids }) => ids)), new Set([1, 2]));
      const { flushed, refused, failed } = counts();
      assert.deepEqual([flushed, refused], [2, undefined]);
      assert.ok(Number(failed) >= 6);
    });

  it('and that storage never answers does not keep the others from it', async (context) => {
    const store = createStore();
    const { queue, prefix } = await createReplicaQueue(context, store);
    for (let id = 0; id < 8; id += 1) await queue.append(write(id));
    store.refuses = (ids) => (ids.includes(5) ? new DarkroomError('STORAGE_UNAVAILABLE', 'locked') : null);
    for (let time = 0; time < 20; time += 1) await queue.flush().catch(() => {});
    assert.deepEqual(
      store.batches.flatMap(({ ids }) => ids).toSorted((left, right) => left - right),
      [0, 1, 2, 3, 4, 6, 7],
    );
    assert.equal(await lengthOf(prefix), 1);
  });

  it('and that storage refuses alone is set aside after three attempts; the others are stored', async (context) => {
    const store = createStore();
    const { queue, prefix, counts } = await createReplicaQueue(context, store, { takeOverMs: 0 });
    for (let id = 0; id < 20; id += 1) await queue.append(write(id));
    let refusals = 0;
    store.refuses = (ids) => {
      if (!ids.includes(13)) return null;
      if (ids.length === 1) refusals += 1;
      return new DarkroomError('ROW_REFUSED', '13 is out of range');
    };
    await queue.flush();
    await queue.flush();
    assert.equal(refusals, 3);
    assert.equal(store.batches.flatMap(({ ids }) => ids).length, 19);
    assert.equal(await lengthOf(prefix), 0);
    assert.deepEqual(counts(), { appended: 20, flushed: 19, refused: 3, 'set-aside': 1 });
    const [[, fields]] = (await redis.command('XRANGE', `${prefix}write-behind:dead-letters`, '-', '+')) as [
      [string, string[]],
    ];
    assert.deepEqual(fields.slice(2), [
      'reason',
      'DarkroomError: 13 is out of range',
      'kind',
      'number',
      'key',
      '13',
      'payload',
      '{"id":13}',
    ]);
    assert.equal(await redis.command('EXISTS', `${prefix}write-behind:attempts`), 0);
  });

  it('and that cannot be read is set aside too', async (context) => {
    const store = createStore();
    const { queue, prefix } = await createReplicaQueue(context, store);
    const stream = `${prefix}write-behind`;
    await redis.command('XADD', stream, '*', 'kind', 'number', 'key', 'x', 'payload', '{"id":');
    await redis.command('XADD', stream, '*', 'something', 'else');
    await queue.append(write(1));
    for (let time = 0; time < 3; time += 1) await queue.flush();
    assert.deepEqual(store.batches, [{ ids: [1], isRepeated: false }]);
    assert.equal(await lengthOf(prefix), 0);
    assert.equal(await lengthOf(prefix, ':dead-letters'), 2);
  });

  it('and that only a newer version knows waits for that one', async (context) => {
    const store = createStore();
    const { queue, prefix } = await createReplicaQueue(context, store);
    await redis.command('XADD', `${prefix}write-behind`, '*', 'kind', 'letter', 'key', 'x', 'payload', '{}');
    await queue.append(write(1));
    for (let time = 0; time < 5; time += 1) await assert.rejects(queue.flush(), /No such kind.*letter/);
    assert.deepEqual(store.batches, [{ ids: [1], isRepeated: false }]);
    assert.equal(await lengthOf(prefix), 1);
    assert.equal(await lengthOf(prefix, ':dead-letters'), 0);
  });
});

describe('the Redis of the queue', () => {
  it('keeps what it has acknowledged when it is killed', async (context) => {
    const store = createStore();
    const { queue, connection } = await createReplicaQueue(context, store, { queueEntriesMax: 100_000 });
    const acknowledged: number[] = [];
    const writers = Array.from({ length: 8 }, async (_, writer) => {
      for (let id = writer; await queue.append(write(id)); id += 8) acknowledged.push(id);
    });
    await waitUntil(() => acknowledged.length >= 300);
    await Promise.all([...writers, redis.kill()]);
    await redis.start();
    await waitUntil(() => connection.isTrusted());
    await queue.flush();
    const stored = new Set(store.batches.flatMap(({ ids }) => ids));
    assert.deepEqual(
      acknowledged.filter((id) => !stored.has(id)),
      [],
    );
  });

  it('may freeze: nothing is acknowledged, soon nobody waits for it, and it is used again later', async (context) => {
    const timeoutMs = commandTimeoutMs;
    const { queue, clock, counts } = await createReplicaQueue(context, createStore(), { timeoutMs });
    redis.freeze();
    context.after(() => redis.thaw());
    for (let id = 0; id < 20; id += 1) assert.equal(await queue.append(write(id)), false);
    assert.equal(counts()['unavailable'], 20);
    redis.thaw();
    assert.equal(await queue.append(write(20)), false, 'the breaker is open');
    await waitUntil(() => {
      clock.advance(1_001);
      return queue.append(write(21));
    });
  });

  it('is not used any more when it comes back without its settings', async (context) => {
    const { queue, connection, background } = await createReplicaQueue(context, createStore());
    assert.equal(await queue.append(write(1)), true);
    await redis.command('CONFIG', 'SET', 'appendfsync', 'everysec');
    context.after(async () => {
      await redis.command('CONFIG', 'SET', 'appendfsync', 'always');
    });
    await redis.command('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    await waitUntil(() => background.length > 0);
    assert.match(String(background[0]), /set appendfsync always/);
    assert.equal(connection.isTrusted(), false);
    assert.equal(await queue.append(write(2)), false);
  });

  const unfit = {
    'that writes nothing to disk': { settings: [], pattern: /set appendonly yes; appendfsync always\.$/ },
    'that writes to disk in its own time': {
      settings: ['--appendonly', 'yes', '--appendfsync', 'everysec'],
      pattern: /set appendfsync always\.$/,
    },
    'that may evict the queue': {
      settings: [...durable, '--maxmemory-policy', 'allkeys-lru'],
      pattern: /set maxmemory-policy noeviction, or a volatile- one\.$/,
    },
    'that does not tell its settings': {
      settings: [...durable, '--rename-command', 'CONFIG', 'HIDDEN'],
      pattern: /CONFIG GET/,
    },
  };
  for (const [name, { settings, pattern }] of Object.entries(unfit)) {
    it(`must not be one ${name}`, async (context) => {
      const own = makeLogFolder();
      const other = await startOwnRedis('--dir', own, ...settings);
      context.after(async () => {
        await other.stop();
        rmSync(own, { recursive: true, force: true });
      });
      const connection = createDurableConnection({
        url: other.url,
        need: 'a test needs it',
        timeoutMs: patienceMs,
        runInBackground: () => {},
      });
      await assert.rejects(connection.start(), (error: unknown) => {
        assert.ok(error instanceof DarkroomError);
        assert.equal(error.code, 'REDIS_NOT_DURABLE');
        assert.match(error.message, pattern);
        return true;
      });
    });
  }

  it('may be away at the start: it is checked once it is there', async (context) => {
    await redis.kill();
    const { queue, connection } = await createReplicaQueue(context, createStore());
    assert.equal(await queue.append(write(1)), false);
    await redis.start();
    await waitUntil(() => connection.isTrusted());
    assert.equal(await queue.append(write(2)), true);
  });
});
