import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createBusNetwork } from '../../tests/support/bus-network.ts';
import { createReplica } from '../../tests/support/cache-replica.ts';
import { createFakeClock } from '../../tests/support/fake-clock.ts';
import { createHeldStorage } from '../../tests/support/held-storage.ts';
import { createSharedTier } from '../../tests/support/shared-tier.ts';
import { DarkroomError } from '../errors.ts';
import type { CachedEntity } from './cache.ts';
import { parseSettings } from '../../tests/support/parse-settings.ts';

/** What makes each strategy different from cache-aside, on two replicas that share a tier in the test's memory. */
function setUp(text: string, random = () => 0) {
  const candidate = parseSettings(text);
  const clock = createFakeClock();
  const network = createBusNetwork();
  const shared = createSharedTier(clock);
  const storage = createHeldStorage();
  const replica = (sender: string) => createReplica({ candidate, clock, shared, network, sender, random });
  const [a, b] = [replica('a'), replica('b')];
  a.beat();
  b.beat();
  clock.advance(1);
  for (const { cache } of [a, b]) cache.register(storage.entity);
  const read = async (from = a) => from.cache.read(storage.entity, 1);
  /** Until everything that was started in the background is done. */
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  const failing: CachedEntity<number, string> = {
    ...storage.entity,
    loadMany: () => Promise.reject(new RangeError('storage is away')),
  };
  return { a, b, clock, shared, network, storage, read, settle, failing };
}

describe('write-through', () => {
  test('no miss follows a write, in any replica', async () => {
    const { a, b, storage, read } = setUp('write-through');
    await a.cache.write(storage.write(1));
    assert.deepEqual(storage.loads, [[1]]);
    assert.deepEqual([(await read(a))?.outcome, (await read(a))?.version], ['local-hit', 2]);
    assert.deepEqual([(await read(b))?.outcome, (await read(b))?.version], ['shared-hit', 2]);
    assert.equal(storage.loads.length, 1);
  });

  test('a removed row leaves nothing behind', async () => {
    const { a, storage, read } = setUp('write-through');
    await read();
    await a.cache.write(storage.remove(1));
    assert.equal(await read(), undefined);
  });

  test('a load that fails after the commit does not fail the write, and leaves nothing old', async () => {
    const { a, storage, read, failing } = setUp('write-through');
    await read();
    a.cache.register(failing);
    assert.equal(await a.cache.write(storage.write(1)), 2);
    assert.deepEqual([(await read())?.outcome, (await read())?.version], ['load', 2]);
  });

  test('readers who come during its load join it', async () => {
    const { a, storage, read } = setUp('write-through');
    const held = storage.holdNextLoad();
    const writing = a.cache.write(storage.write(1));
    const load = await held;
    const reading = read();
    load.release();
    await writing;
    assert.deepEqual([(await reading)?.outcome, storage.loads.length], ['joined-load', 1]);
  });
});

describe('refresh-ahead', () => {
  const text = 'refresh-ahead:ttl=10s,refresh=0.8,jitter=0';

  test('a read near the end answers at once and reloads behind', async () => {
    const { read, clock, storage, settle } = setUp(text);
    await read();
    clock.advance(7_999);
    await read();
    await settle();
    assert.equal(storage.loads.length, 1, 'too early');
    clock.advance(1);
    assert.equal((await read())?.outcome, 'local-hit');
    await settle();
    assert.equal(storage.loads.length, 2);
    clock.advance(5_000);
    assert.equal((await read())?.outcome, 'local-hit', 'past the end of the first entry');
    assert.equal(storage.loads.length, 2);
  });

  test('what has a TTL of its own is refreshed near the end of that one', async () => {
    const { a, clock, settle } = setUp(text);
    const feeds = createHeldStorage({ name: 'feed', freshness: { ttlMs: 1_000 } });
    await a.cache.read(feeds.entity, 1);
    clock.advance(799);
    await a.cache.read(feeds.entity, 1);
    await settle();
    assert.equal(feeds.loads.length, 1, 'too early');
    clock.advance(1);
    await a.cache.read(feeds.entity, 1);
    await settle();
    assert.equal(feeds.loads.length, 2);
  });

  test('many readers start one refresh (R33)', async () => {
    const { read, clock, storage, settle } = setUp(text);
    await read();
    clock.advance(8_500);
    await Promise.all(Array.from({ length: 50 }, () => read()));
    await settle();
    assert.equal(storage.loads.length, 2);
  });

  test('a refresh asks redis before storage (R34)', async () => {
    const { a, b, read, clock, storage, settle } = setUp(text);
    await read(a);
    await read(b);
    clock.advance(8_500);
    await read(a);
    await settle();
    await read(b);
    await settle();
    assert.equal(storage.loads.length, 2, 'the second replica found the entry of the first');
    clock.advance(5_000);
    assert.equal((await read(b))?.outcome, 'local-hit');
  });

  test('a write during the refresh is not undone by it (R06)', async () => {
    const { a, read, clock, storage, settle } = setUp(`${text},tiers=memory`);
    await read();
    clock.advance(8_500);
    const held = storage.holdNextLoad();
    await read();
    const load = await held;
    await a.cache.write(storage.write(1));
    load.release();
    await settle();
    assert.equal((await read())?.version, 2);
  });

  test('a refresh that fails costs nobody an answer', async () => {
    const { a, read, clock, failing, settle } = setUp(text);
    await read();
    clock.advance(8_500);
    assert.equal((await a.cache.read(failing, 1))?.version, 1);
    await settle();
    assert.deepEqual(
      a.events.flatMap((event) => (event.type === 'refresh' ? [event.outcome] : [])),
      ['started', 'failed'],
    );
    assert.equal((await read())?.outcome, 'local-hit');
  });
});

describe('stale-while-revalidate', () => {
  const text = 'stale-while-revalidate:ttl=10s,stale=30s,jitter=0';

  test('the first read after the TTL is answered with the old entry, the next with the new one', async () => {
    const { read, clock, storage, settle } = setUp(text);
    await read();
    clock.advance(10_000);
    assert.equal((await read())?.outcome, 'local-stale-hit');
    await settle();
    assert.equal((await read())?.outcome, 'local-hit');
    assert.equal(storage.loads.length, 2);
  });

  test('from redis too', async () => {
    const { a, b, read, clock, storage, settle } = setUp(text);
    await read(a);
    clock.advance(10_000);
    assert.equal((await read(b))?.outcome, 'shared-stale-hit');
    await settle();
    assert.equal((await read(b))?.outcome, 'local-hit');
    assert.equal(storage.loads.length, 2);
  });

  test('what a page finds stale is refreshed in one load, from memory as from redis', async () => {
    const { a, b, clock, storage, settle } = setUp(text);
    await a.cache.readMany(storage.entity, [1, 2, 3]);
    for (const from of [a, b]) {
      clock.advance(10_000);
      storage.loads.length = 0;
      const reads = await from.cache.readMany(storage.entity, [1, 2, 3]);
      const outcome = from === a ? 'local-stale-hit' : 'shared-stale-hit';
      assert.deepEqual(new Set(reads.map((one) => one?.outcome)), new Set([outcome]));
      await settle();
      assert.deepEqual(storage.loads, [[1, 2, 3]]);
    }
  });

  test('past its window an entry is gone', async () => {
    const { read, clock } = setUp(text);
    await read();
    clock.advance(40_000);
    assert.equal((await read())?.outcome, 'load');
  });

  test('what a write has invalidated is never served (R12)', async () => {
    const { a, read, clock, storage, failing } = setUp(text);
    await read();
    await a.cache.write(storage.write(1));
    clock.advance(10_000);
    await assert.rejects(async () => a.cache.read(failing, 1), RangeError);
    assert.equal((await read())?.version, 2);
  });

  test('readMany serves stale entries beside loads', async () => {
    const { a, read, clock, storage, settle } = setUp(text);
    await read();
    clock.advance(10_000);
    const reads = await a.cache.readMany(storage.entity, [1, 2, 1]);
    assert.deepEqual(
      reads.map((one) => one?.outcome),
      ['local-stale-hit', 'load', 'local-stale-hit'],
    );
    await settle();
    assert.deepEqual(
      storage.loads.flat().toSorted((one, other) => one - other),
      [1, 1, 2],
    );
  });
});

describe('stale-if-error', () => {
  const text = 'stale-if-error:ttl=10s,stale=30s,jitter=0';

  test('an expired entry answers when its load fails, and not otherwise', async () => {
    const { a, read, clock, storage, failing } = setUp(text);
    await read();
    clock.advance(10_000);
    assert.equal((await a.cache.read(failing, 1))?.outcome, 'local-stale-hit');
    clock.advance(1_000);
    assert.equal((await read())?.outcome, 'load');
    assert.equal(storage.loads.length, 2);
  });

  test('for a second after a failure nobody waits for another one', async () => {
    const { a, clock, read, failing } = setUp(text);
    await read();
    clock.advance(10_000);
    for (let times = 0; times < 5; times += 1) await a.cache.read(failing, 1);
    const failures = a.events.filter((event) => event.type === 'loaded' && event.isFailed);
    assert.equal(failures.length, 1);
    clock.advance(1_000);
    await a.cache.read(failing, 1);
    assert.equal(a.events.filter((event) => event.type === 'loaded' && event.isFailed).length, 2);
  });

  /** Storage that fails for these keys, or for all, with this error. */
  const brokenFor = (
    { entity }: ReturnType<typeof createHeldStorage>,
    error: Error,
    isBroken: (id: number) => boolean,
  ): CachedEntity<number, string> => ({
    ...entity,
    loadMany: async (ids) => {
      const rows = await entity.loadMany(ids);
      if (ids.some(isBroken)) throw error;
      return rows;
    },
  });
  const pages = {
    'one by one': async ({ a }: ReturnType<typeof setUp>, entity: CachedEntity<number, string>) => {
      const reads = [];
      for (const id of [1, 2, 3]) reads.push(await a.cache.read(entity, id));
      return reads;
    },
    'in one page': async ({ a }: ReturnType<typeof setUp>, entity: CachedEntity<number, string>) =>
      a.cache.readMany(entity, [1, 2, 3]),
  };
  for (const [name, readAll] of Object.entries(pages))
    test(`a key that fails by itself leaves the others fresh, however often it is read: ${name}`, async () => {
      const setting = setUp(text);
      const { clock, storage } = setting;
      await readAll(setting, storage.entity);
      const broken = brokenFor(storage, new RangeError('its row is broken'), (id) => id === 1);
      clock.advance(10_000);
      const outcomes = async () => (await readAll(setting, broken)).map((one) => one?.outcome);
      assert.deepEqual(await outcomes(), ['local-stale-hit', 'load', 'load']);
      // The others expire once more meanwhile.
      for (let times = 0; times < 50; times += 1) {
        clock.advance(300);
        const [own, ...others] = await outcomes();
        assert.equal(own, 'local-stale-hit');
        for (const outcome of others) assert.match(String(outcome), /^(local-hit|load)$/);
      }
    });

  for (const code of ['STORAGE_UNAVAILABLE', 'OVERLOADED'] as const)
    test(`nobody waits for another failure of any key while storage is away: ${code}`, async () => {
      const setting = setUp(text);
      const { a, clock, storage } = setting;
      await pages['one by one'](setting, storage.entity);
      const away = brokenFor(storage, new DarkroomError(code, 'away'), () => true);
      clock.advance(10_000);
      for (const id of [1, 2, 3])
        assert.equal((await a.cache.read(away, id))?.outcome, 'local-stale-hit', String(id));
      assert.equal(a.events.filter((event) => event.type === 'loaded' && event.isFailed).length, 1);
    });

  test('a key whose load was cut short does not make the others stale', async () => {
    const setting = setUp(text);
    const { a, clock, storage } = setting;
    await pages['one by one'](setting, storage.entity);
    const busy = new DarkroomError('STORAGE_BUSY', 'its statement took too long');
    const broken = brokenFor(storage, busy, (id) => id === 1);
    clock.advance(10_000);
    const outcomes = [];
    for (const id of [1, 2, 1]) outcomes.push((await a.cache.read(broken, id))?.outcome);
    assert.deepEqual(outcomes, ['local-stale-hit', 'load', 'local-stale-hit']);
    assert.equal(a.events.filter((event) => event.type === 'loaded' && event.isFailed).length, 1);
  });

  test('in a batch, each key for itself', async () => {
    const { a, clock, read, failing } = setUp(text);
    await read();
    clock.advance(10_000);
    await assert.rejects(async () => a.cache.readMany(failing, [1, 2]), RangeError);
    assert.equal((await a.cache.readMany(failing, [1]))[0]?.outcome, 'local-stale-hit');
  });

  test('past its window, and after a write, the failure is told (R12)', async () => {
    const { a, clock, read, storage, failing } = setUp(text);
    await read();
    await a.cache.write(storage.write(1));
    await assert.rejects(async () => a.cache.read(failing, 1), RangeError);
    await read();
    clock.advance(40_000);
    await assert.rejects(async () => a.cache.read(failing, 1), RangeError);
  });
});

describe('early-expiration', () => {
  const text = 'early-expiration:ttl=10s,jitter=0,tiers=memory';
  /** A load of two seconds: by the formula a draw of 0.9 expires it 4.6 s early, one of 0.5 1.4 s. */
  async function loadSlowly({ a, clock, storage }: ReturnType<typeof setUp>): Promise<void> {
    const held = storage.holdNextLoad();
    const reading = a.cache.read(storage.entity, 1);
    const load = await held;
    clock.advance(2_000);
    load.release();
    await reading;
  }

  test('the draw decides, by the time that the load took', async () => {
    let draw = 0.5;
    const stage = setUp(text, () => draw);
    await loadSlowly(stage);
    stage.clock.advance(6_000);
    assert.equal((await stage.read())?.outcome, 'local-hit');
    draw = 0.9;
    assert.equal((await stage.read())?.outcome, 'load');
  });

  test('while one loads early the others go on with what is fresh', async () => {
    let draw = 0;
    const stage = setUp(text, () => draw);
    await loadSlowly(stage);
    stage.clock.advance(6_000);
    draw = 0.99;
    const held = stage.storage.holdNextLoad();
    const early = stage.read();
    const load = await held;
    assert.equal((await stage.read())?.outcome, 'local-hit');
    load.release();
    assert.equal((await early)?.outcome, 'load');
  });

  test('beta=0.1 is calmer, and no entry outlives its TTL', async () => {
    const stage = setUp(`${text},beta=0.1`, () => 0.9);
    await loadSlowly(stage);
    stage.clock.advance(6_000);
    assert.equal((await stage.read())?.outcome, 'local-hit');
    stage.clock.advance(4_000);
    assert.equal((await stage.read())?.outcome, 'load');
  });
});

describe('lease', () => {
  test('two replicas with 200 cold readers each make one load (R30)', async () => {
    const { a, b, storage, read } = setUp('lease');
    const held = storage.holdNextLoad();
    const reads = [a, b].flatMap((from) => Array.from({ length: 200 }, () => read(from)));
    (await held).release();
    for (const found of await Promise.all(reads)) assert.equal(found?.version, 1);
    assert.equal(storage.loads.length, 1);
  });

  test('single-flight alone makes one in each', async () => {
    const { a, b, storage, read } = setUp('read-through');
    const held = [storage.holdNextLoad(), storage.holdNextLoad()];
    const reads = [a, b].map((from) => read(from));
    for (const load of held) (await load).release();
    await Promise.all(reads);
    assert.equal(storage.loads.length, 2);
  });

  test('a write takes the lease back: the late fill is refused (R02)', async () => {
    const { a, b, storage, read } = setUp('lease:tiers=redis');
    const held = storage.holdNextLoad();
    const slow = read(a);
    const load = await held;
    await b.cache.write(storage.write(1));
    load.release();
    assert.equal((await slow)?.version, 1);
    assert.deepEqual([(await read(a))?.version, (await read(b))?.version], [2, 2]);
  });

  test('a holder whose load fails gives the lease back', async () => {
    const { a, b, read, failing } = setUp('lease');
    await assert.rejects(async () => a.cache.read(failing, 1), RangeError);
    assert.equal((await read(b))?.outcome, 'load');
  });

  test('a batch loads what it was granted in one query', async () => {
    const { a, storage } = setUp('lease');
    await a.cache.readMany(storage.entity, [1, 2, 3, 2]);
    assert.deepEqual(storage.loads, [[1, 2, 3]]);
  });
});

describe('parameters of any strategy', () => {
  test('negative entries answer for their own time, and a create ends them (I12)', async () => {
    const { a, b, clock, storage, read } = setUp('cache-aside:negative=2s');
    await a.cache.write(storage.remove(1));
    for (const from of [a, a, b, b]) assert.equal(await read(from), undefined);
    assert.equal(storage.loads.length, 1);
    await b.cache.write(storage.write(1));
    for (const from of [a, b]) assert.equal((await read(from))?.version, 3);
    await a.cache.write(storage.remove(1));
    await read();
    clock.advance(2_000);
    storage.loads.length = 0;
    await read();
    assert.equal(storage.loads.length, 1);
  });

  test('promotion=hot lets a key into memory when it was missed before', async () => {
    const { b, read } = setUp('cache-aside:promotion=hot');
    await read();
    const outcomes = [await read(b), await read(b), await read(b)].map((one) => one?.outcome);
    assert.deepEqual(outcomes, ['shared-hit', 'shared-hit', 'local-hit']);
  });
});

describe('ttl-only and delete-first', () => {
  test('ttl-only goes on with the old value until its TTL ends', async () => {
    const { a, read, clock, storage } = setUp('ttl-only:ttl=5s,jitter=0');
    await read();
    await a.cache.write(storage.write(1));
    assert.equal((await read())?.version, 1);
    clock.advance(5_000);
    assert.equal((await read())?.version, 2);
  });

  test('a read between delete and commit brings the old value back', async () => {
    const { a, b, storage, read } = setUp('cache-aside-delete-first');
    await read();
    const { expected, store } = storage.write(1);
    const reading = async () => {
      await read(b);
      return store();
    };
    await a.cache.write({ expected, store: reading });
    assert.equal((await read(b))?.version, 1);
  });
});
