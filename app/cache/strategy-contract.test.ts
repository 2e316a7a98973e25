import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import * as fc from 'fast-check';
import { raceCandidates } from '../../tests/support/race-candidates.ts';
import { createBusNetwork } from '../../tests/support/bus-network.ts';
import { createReplica } from '../../tests/support/cache-replica.ts';
import { createFakeClock } from '../../tests/support/fake-clock.ts';
import { createHeldStorage } from '../../tests/support/held-storage.ts';
import type { RecordedEvent } from '../../tests/support/recorded-events.ts';
import { tiersOf } from './tiers/index.ts';
import type { SharedTier } from './tiers/tier.ts';
import { createTestRedisTier } from '../../tests/support/test-redis-tier.ts';
import { waitUntil } from '../../tests/support/wait-until.ts';
import type { CachedEntity, ReadOutcome } from './cache.ts';
import { parseSettings } from '../../tests/support/parse-settings.ts';

const clock = createFakeClock();
let shared: SharedTier;
let nextId = 0;

before(async () => {
  shared = (await createTestRedisTier(clock)).tier;
});
after(() => shared.close());

function setUp(text: string) {
  const candidate = parseSettings(text);
  const network = createBusNetwork();
  const [a, b] = ['a', 'b'].map((sender) => createReplica({ candidate, clock, shared, network, sender }));
  assert.ok(a !== undefined && b !== undefined);
  a.beat();
  b.beat();
  clock.advance(1);
  nextId += 1_000;
  return { a, b, id: nextId, storage: createHeldStorage(), candidate };
}

const entityOf = <V>(loadMany: CachedEntity<number, V>['loadMany']): CachedEntity<number, V> => ({
  name: 'photo',
  freshness: 'versioned',
  loadMany,
});

/** What was asked, and how it was answered. */
function count(events: readonly RecordedEvent[]) {
  const outcomes: Record<ReadOutcome, number> = {
    'local-hit': 0,
    'local-stale-hit': 0,
    'shared-hit': 0,
    'shared-stale-hit': 0,
    load: 0,
    'joined-load': 0,
    bypass: 0,
  };
  let asked = 0;
  let keysLoaded = 0;
  for (const event of events) {
    if (event.type === 'asked') asked += event.count;
    if (event.type === 'answered') outcomes[event.outcome] += event.count;
    if (event.type === 'loaded') keysLoaded += event.keys;
  }
  return {
    asked,
    outcomes,
    keysLoaded,
    answered: Object.values(outcomes).reduce((sum, number) => sum + number, 0),
  };
}

/** The same when all are answered: a read of many rejects with its first failure, and a slow Redis holds up the others. */
async function countWhenAnswered(events: readonly RecordedEvent[]): Promise<ReturnType<typeof count>> {
  await waitUntil(() => {
    const { asked, answered } = count(events);
    return answered >= asked;
  });
  return count(events);
}

/** What Redis pushes and what PostgreSQL streams have tests of their own. */
const texts = raceCandidates().filter((text) => !/client-tracking|change-stream/.test(text));

for (const text of texts) {
  describe(`contract of ${text}`, () => {
    const { strategy, tiers, protection } = parseSettings(text);
    const { local, shared: sharedKind } = tiersOf(tiers);
    const isSingleFlight = protection !== 'none';
    /** Every load is a reader's answer: none is made behind one, and none that failed is stood in for. */
    const loadsForReaders = !text.includes('stale-') && !text.includes('refresh-');
    /** It hears of no write. */
    const isDeaf = strategy === 'ttl-only';

    test('a read gives value and version; the second one comes from the nearest tier', async () => {
      const { a, id, storage } = setUp(text);
      const first = await a.cache.read(storage.entity, id);
      assert.equal(first?.value, `photo ${id} v1`);
      assert.equal(first?.version, 1);
      const second = a.cache.read(storage.entity, id);
      assert.equal(second instanceof Promise, local === null, 'a local hit costs no promise');
      const nearest = local !== null ? 'local-hit' : sharedKind !== null ? 'shared-hit' : 'bypass';
      assert.equal((await second)?.outcome, nearest);
      assert.deepEqual((await second)?.value, first?.value);
    });

    test('a write is seen by the next read in every replica', { skip: isDeaf }, async () => {
      const { a, b, id, storage } = setUp(text);
      await Promise.all([a.cache.read(storage.entity, id), b.cache.read(storage.entity, id)]);
      assert.equal(await a.cache.write(storage.write(id)), 2);
      for (const { cache } of [a, b]) assert.equal((await cache.read(storage.entity, id))?.version, 2);
      await b.cache.write(storage.remove(id));
      for (const { cache } of [a, b]) assert.equal(await cache.read(storage.entity, id), undefined);
    });

    test('what storage does not have is undefined, and is asked for again', async () => {
      const { a, id, storage } = setUp(text);
      await a.cache.write(storage.remove(id));
      assert.equal(await a.cache.read(storage.entity, id), undefined);
      assert.deepEqual(await a.cache.readMany(storage.entity, [id]), [undefined]);
      await a.cache.write(storage.write(id));
      assert.equal((await a.cache.read(storage.entity, id))?.version, 3);
    });

    test('a write that fails changes nothing and rejects', async () => {
      const { a, id, storage } = setUp(text);
      await a.cache.read(storage.entity, id);
      const reason = new RangeError('storage is away');
      await assert.rejects(
        async () => a.cache.write({ expected: [], store: () => Promise.reject(reason) }),
        reason,
      );
      assert.equal((await a.cache.read(storage.entity, id))?.version, 1);
    });

    test('0, null, false and empty survive every tier', async () => {
      for (const value of [0, null, false, '']) {
        const { a, b, id } = setUp(text);
        const entity = entityOf(async (ids) => new Map(ids.map((one) => [one, { value, version: 1 }])));
        for (const { cache } of [a, a, b, b]) assert.deepEqual((await cache.read(entity, id))?.value, value);
        assert.deepEqual((await b.cache.readMany(entity, [id]))[0]?.value, value);
      }
    });

    test('readMany keeps the order, allows duplicates, and loads all misses in one call', async () => {
      const { a, b, id, storage } = setUp(text);
      await a.cache.read(storage.entity, id);
      storage.loads.length = 0;
      const ids = [id + 2, id, id + 1, id + 2];
      const reads = await b.cache.readMany(storage.entity, ids);
      assert.deepEqual(
        reads.map((read) => read?.value),
        ids.map((one) => `photo ${one} v1`),
      );
      assert.deepEqual(storage.loads, [sharedKind !== null ? [id + 2, id + 1] : [id + 2, id, id + 1]]);
      assert.deepEqual(await b.cache.readMany(storage.entity, []), []);
    });

    test('ML-7: 200 cold readers of one key make one load where loads are joined, and 200 where they are not', async () => {
      const { a, id, storage } = setUp(text);
      const held = isSingleFlight ? storage.holdNextLoad() : undefined;
      const reads = Promise.all(Array.from({ length: 200 }, async () => a.cache.read(storage.entity, id)));
      (await held)?.release();
      for (const read of await reads) assert.equal(read?.version, 1);
      assert.equal(storage.loads.length, isSingleFlight ? 1 : 200);
    });

    test('a load that fails reaches all who wait, together, and is not remembered', async () => {
      const { a, id, storage } = setUp(text);
      const reason = new RangeError('storage is away');
      let calls = 0;
      const failing = entityOf<string>(() => {
        calls += 1;
        return Promise.reject(reason);
      });
      const outcomes = await Promise.allSettled([
        ...Array.from({ length: 200 }, async () => a.cache.read(failing, id)),
        a.cache.readMany(failing, [id, id + 1]),
      ]);
      for (const outcome of outcomes) assert.deepEqual(outcome, { status: 'rejected', reason });
      const { asked, answered } = await countWhenAnswered(a.events);
      assert.equal(answered, asked);
      assert.equal(calls, isSingleFlight ? 2 : 201);
      assert.equal((await a.cache.read(storage.entity, id))?.version, 1);
    });

    test(
      'an invalidation in mid-load: who waits is answered, who comes later loads anew',
      { skip: isDeaf },
      async () => {
        const { a, id, storage } = setUp(text);
        const held = storage.holdNextLoad();
        const waiting = a.cache.read(storage.entity, id);
        const load = await held;
        await a.cache.write(storage.write(id));
        assert.equal((await a.cache.read(storage.entity, id))?.version, 2);
        load.release();
        assert.equal((await waiting)?.version, 1);
      },
    );

    test('every read is asked once and answered once, and every load is one', async () => {
      const step = fc.record({
        kind: fc.constantFrom('read', 'readMany', 'write', 'expire', 'fail'),
        replica: fc.constantFrom('a', 'b') as fc.Arbitrary<'a' | 'b'>,
        offset: fc.nat(5),
        together: fc.integer({ min: 1, max: 4 }),
      });
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
          const stage = setUp(text);
          const { storage, id } = stage;
          for (const { kind, replica, offset, together } of steps) {
            const { cache } = stage[replica];
            const ids = [id + offset, id + 1, id + offset];
            const failing = entityOf<string>(() => Promise.reject(new RangeError('storage is away')));
            const act = async (): Promise<unknown> => {
              if (kind === 'read') return cache.read(storage.entity, id + offset);
              if (kind === 'readMany') return cache.readMany(storage.entity, ids);
              if (kind === 'write') return cache.write(storage.write(id + offset));
              if (kind === 'fail') return cache.readMany(failing, ids);
              return clock.advance(61_000);
            };
            await Promise.allSettled(Array.from({ length: together }, act));
          }
          for (const { events } of [stage.a, stage.b]) {
            const { asked, answered, outcomes, keysLoaded } = await countWhenAnswered(events);
            assert.equal(answered, asked);
            if (loadsForReaders)
              assert.equal(outcomes.load + outcomes.bypass, tiers === 'none' ? asked : keysLoaded);
          }
        }),
        { numRuns: 40 },
      );
    });
  });
}

for (const text of texts.filter((one) => !/no-cache|stale-|refresh-/.test(one))) {
  describe(`lifetimes of ${text}`, () => {
    test('an entry lives for its TTL, and tells what is left of it', async () => {
      const { a, id, storage } = setUp(`${text},ttl=5s,jitter=0`);
      await a.cache.read(storage.entity, id);
      clock.advance(4_999);
      assert.equal((await a.cache.read(storage.entity, id))?.freshUntil, clock.now() + 1);
      assert.equal(storage.loads.length, 1);
      clock.advance(1);
      assert.equal((await a.cache.read(storage.entity, id))?.outcome, 'load');
    });

    test('what no write invalidates lives for a TTL of its own', async () => {
      const { a, id } = setUp(`${text},ttl=60s,jitter=0`);
      const feeds = createHeldStorage({ name: 'feed', freshness: { ttlMs: 2_000 } });
      await a.cache.read(feeds.entity, id);
      clock.advance(1_999);
      await a.cache.read(feeds.entity, id);
      assert.equal(feeds.loads.length, 1);
      clock.advance(1);
      await a.cache.read(feeds.entity, id);
      assert.equal(feeds.loads.length, 2);
    });

    if (!text.includes('memory+redis')) return;
    test('promotion carries the lifetime that is left', async () => {
      const { a, b, id, storage } = setUp(`${text},ttl=5s,jitter=0`);
      await a.cache.read(storage.entity, id);
      clock.advance(4_000);
      assert.equal((await b.cache.read(storage.entity, id))?.outcome, 'shared-hit');
      const promoted = await b.cache.read(storage.entity, id);
      assert.deepEqual([promoted?.outcome, promoted?.freshUntil], ['local-hit', clock.now() + 1_000]);
      clock.advance(1_000);
      assert.equal((await b.cache.read(storage.entity, id))?.outcome, 'load');
    });
  });
}
