import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { raceCandidates } from '../../tests/support/race-candidates.ts';
import { createTwoReplicas } from '../../tests/support/two-replicas.ts';
import type { TwoReplicas } from '../../tests/support/two-replicas.ts';
import { allowedBy } from './settings/chosen-strategy.ts';
import type { CachedEntity } from './cache.ts';
import { parseSettings } from '../../tests/support/parse-settings.ts';

const readIn = async (stage: TwoReplicas, name: 'a' | 'b' = 'a', id = 1) =>
  stage[name].cache.read(stage.storage.entity, id);
const readManyIn = async (stage: TwoReplicas) =>
  (await stage.a.cache.readMany(stage.storage.entity, [1, 1]))[0];
const versionIn = async (stage: TwoReplicas, name: 'a' | 'b') => (await readIn(stage, name))?.version;
const entityOf = <V>(loadMany: CachedEntity<number, V>['loadMany']): CachedEntity<number, V> => ({
  name: 'photo',
  freshness: 'versioned',
  loadMany,
});
const failing = entityOf<string>(() => Promise.reject(new RangeError('storage is away')));

/** What Redis pushes and what storage streams have tests of their own. */
const texts = raceCandidates().filter((text) => !/client-tracking|change-stream|no-cache/.test(text));
const joining = texts.filter((text) => !text.includes('protection=none'));

for (const text of joining) {
  const { strategy, tiers } = parseSettings(text);

  describe(`readers of one key, ${text}`, () => {
    if (tiers !== 'memory') {
      test('that come one after another while redis is slow make one load (R31)', async () => {
        const stage = createTwoReplicas(text);
        const held = stage.shared.holdNextGet();
        const reads = [readIn(stage)];
        const release = await held;
        for (let readers = 0; readers < 20; readers += 1) {
          reads.push(readIn(stage), readManyIn(stage));
          await stage.settle();
        }
        release();
        for (const read of await Promise.all(reads)) assert.equal(read?.version, 1);
        assert.equal(stage.storage.loads.length, 1);
      });

      test('a slow hit of redis is waited for: nobody loads beside it (R62)', async () => {
        const stage = createTwoReplicas(text);
        await readIn(stage, 'b');
        stage.storage.loads.length = 0;
        const held = stage.shared.holdNextGet();
        const reads = [readIn(stage), readIn(stage)];
        const release = await held;
        await stage.settle();
        release();
        for (const read of await Promise.all(reads)) assert.equal(read?.outcome, 'shared-hit');
        assert.equal(stage.storage.loads.length, 0);
      });
    }

    test('a load that fails rejects all who wait, of both kinds of read, once (R32)', async () => {
      const stage = createTwoReplicas(text);
      let calls = 0;
      const { promise, reject } = Promise.withResolvers<never>();
      const slow = entityOf<string>(() => {
        calls += 1;
        return promise;
      });
      const { cache } = stage.a;
      const first = cache.read(slow, 1);
      const others = Array.from({ length: 100 }, (_, index) =>
        index % 2 === 0 ? cache.read(slow, 1) : cache.readMany(slow, [1, 1]),
      );
      const outcomes = Promise.allSettled([first, ...others]);
      await stage.settle();
      const reason = new RangeError('storage is away');
      reject(reason);
      for (const outcome of await outcomes) assert.deepEqual(outcome, { status: 'rejected', reason });
      assert.equal(calls, 1);
      assert.equal(await versionIn(stage, 'a'), 1);
    });

    test('none of them can change what the others get (R52)', async () => {
      const stage = createTwoReplicas(text);
      const { promise, resolve } = Promise.withResolvers<void>();
      const photo = entityOf(async (ids) => {
        await promise;
        return new Map(ids.map((id) => [id, { value: { tags: ['sea'] }, version: 1 }]));
      });
      const { cache } = stage.a;
      const one = async () => cache.read(photo, 1);
      const many = async () => (await cache.readMany(photo, [1, 1]))[0];
      const reads = [one(), one(), many()];
      await stage.settle();
      resolve();
      for (const read of await Promise.all(reads)) {
        assert.deepEqual(read?.value, { tags: ['sea'] });
        assert.throws(() => read?.value.tags.push('mountains'), TypeError);
      }
      for (const name of ['a', 'b', 'b'] as const)
        assert.deepEqual((await stage[name].cache.read(photo, 1))?.value, { tags: ['sea'] });
    });

    if (strategy === 'ttl-only') return;
    test('after a write they start anew, in the other replica as soon as it is told (R07)', async () => {
      const stage = createTwoReplicas(text);
      const held = stage.storage.holdNextLoad();
      const waiting = [readIn(stage), readIn(stage)];
      const load = await held;
      stage.network.mood = 'hold';
      await stage.b.cache.write(stage.storage.write(1));
      stage.network.mood = 'deliver';
      stage.network.release();
      if (tiers !== 'redis') assert.equal(await versionIn(stage, 'a'), 2);
      await stage.a.cache.write(stage.storage.write(1));
      assert.equal(await versionIn(stage, 'a'), 3);
      const [many] = await stage.a.cache.readMany(stage.storage.entity, [1]);
      assert.equal(many?.version, 3);
      load.release();
      for (const read of await Promise.all(waiting)) assert.equal(read?.version, 1);
    });
  });
}

for (const text of texts.filter((one) => one.includes('memory'))) {
  const { strategy } = parseSettings(text);

  describe(`memory, ${text}`, () => {
    test('a key that is evicted while it loads reaches its readers (R35)', async () => {
      const stage = createTwoReplicas(`${text},memory=64KiB`);
      const ids = Array.from({ length: 50 }, (_, index) => index + 1);
      const held = stage.storage.holdNextLoad();
      const reading = stage.a.cache.readMany(stage.storage.entity, ids);
      const load = await held;
      for (let id = 100; id < 600; id += 1) await readIn(stage, 'a', id);
      load.release();
      assert.deepEqual(
        (await reading).map((read) => read?.value),
        ids.map((id) => `photo ${id} v1`),
      );
    });

    if (strategy === 'ttl-only') return;
    test('a message reaches who holds the key, although the writer never did, and reads nothing (R21, R63)', async () => {
      const stage = createTwoReplicas(text);
      await readIn(stage, 'a');
      const { get } = stage.shared;
      let gets = 0;
      stage.shared.get = (key) => {
        gets += 1;
        return get(key);
      };
      await stage.b.cache.write(stage.storage.write(1));
      await stage.settle();
      assert.equal(gets, 0);
      assert.equal(await versionIn(stage, 'a'), 2);
    });
  });
}

describe('a flush of memory', () => {
  for (const tiers of ['memory', 'memory+redis']) {
    for (const protection of ['none', 'single-flight']) {
      const text = `versioned:tiers=${tiers},protection=${protection}`;
      test(`${text}: what is on its way when messages were lost does not get there (R11)`, async () => {
        const stage = createTwoReplicas(text);
        const held = stage.storage.holdNextLoad();
        const reading = stage.a.cache.readMany(stage.storage.entity, [1, 2]);
        const load = await held;
        stage.network.mood = 'lose';
        await stage.b.cache.write(stage.storage.write(1));
        stage.network.mood = 'deliver';
        stage.b.beat();
        load.release();
        await reading;
        assert.deepEqual([await versionIn(stage, 'a'), await versionIn(stage, 'b')], [2, 2]);
      });
    }
  }

  for (const strategy of ['stale-while-revalidate', 'stale-if-error']) {
    test(`${strategy}: what it took away is not served when the load fails (R12)`, async () => {
      const stage = createTwoReplicas(`${strategy}:fence=version,ttl=10s,stale=30s,jitter=0`);
      await readIn(stage);
      stage.network.mood = 'lose';
      await stage.b.cache.write(stage.storage.write(1));
      stage.network.mood = 'deliver';
      stage.b.beat();
      stage.clock.advance(10_000);
      await assert.rejects(async () => stage.a.cache.read(failing, 1), RangeError);
    });

    test(`${strategy}: what a write takes away while its load is on its way does not stand in for it (R12)`, async () => {
      for (const writer of ['a', 'b'] as const) {
        const stage = createTwoReplicas(`${strategy}:tiers=redis,ttl=10s,stale=30s,jitter=0`);
        await readIn(stage);
        stage.clock.advance(40_000);
        const held = stage.storage.holdNextLoad();
        const reading = readIn(stage);
        const load = await held;
        await stage[writer].cache.write(stage.storage.write(1));
        load.fail(new RangeError('storage is away'));
        await assert.rejects(async () => reading, RangeError);
      }
    });
  }
});

describe('refreshes', () => {
  for (const [text, waitMs] of [
    ['stale-while-revalidate:ttl=10s,stale=30s,jitter=0', 10_000],
    ['stale-while-revalidate:ttl=10s,stale=30s,jitter=0,protection=lease', 10_000],
    ['stale-while-revalidate:ttl=10s,stale=30s,jitter=0,tiers=redis', 10_000],
    ['refresh-ahead:ttl=10s,refresh=0.5,jitter=0', 6_000],
    ['refresh-ahead:ttl=10s,refresh=0.5,jitter=0,protection=lease', 6_000],
    ['refresh-ahead:ttl=10s,refresh=0.5,jitter=0,tiers=redis', 6_000],
  ] as const) {
    test(`${text}: many readers start one, and the second replica finds its entry (R33, R34)`, async () => {
      const stage = createTwoReplicas(text);
      await readIn(stage, 'a');
      await readIn(stage, 'b');
      stage.clock.advance(waitMs);
      stage.storage.loads.length = 0;
      await Promise.all(Array.from({ length: 50 }, () => readIn(stage, 'a')));
      await stage.a.cache.readMany(stage.storage.entity, [1, 1]);
      await stage.settle();
      await readIn(stage, 'b');
      await stage.settle();
      assert.equal(stage.storage.loads.length, 1);
    });
  }
});

describe('lifetimes', () => {
  test('promotion late in the stale time carries what is left of both times (R40)', async () => {
    const stage = createTwoReplicas('stale-while-revalidate:ttl=10s,stale=10s,jitter=0');
    await readIn(stage, 'a');
    stage.clock.advance(9_000);
    assert.equal((await readIn(stage, 'b'))?.outcome, 'shared-hit');
    assert.equal((await readIn(stage, 'b'))?.freshUntil, stage.clock.now() + 1_000);
    stage.clock.advance(11_000);
    assert.equal((await readIn(stage, 'b'))?.outcome, 'load');
  });

  test('a day is a day, in each tier; what no timer of 32 bits holds cannot be said (R41)', async () => {
    for (const [tiers, outcome] of [
      ['memory', 'local-hit'],
      ['redis', 'shared-hit'],
    ]) {
      const stage = createTwoReplicas(`cache-aside:tiers=${tiers},ttl=24h,jitter=0`);
      await readIn(stage);
      stage.clock.advance(24 * 3_600_000 - 1);
      assert.equal((await readIn(stage))?.outcome, outcome);
      stage.clock.advance(1);
      assert.equal((await readIn(stage))?.outcome, 'load');
    }
    assert.throws(() => parseSettings('cache-aside:ttl=600h'), /at most 24h/);
  });
});

describe('negative entries', () => {
  for (const strategy of [
    'cache-aside',
    'cache-aside:fence=version',
    'lease',
    'lease:fence=version',
    'write-through',
  ]) {
    const text = `${strategy}${strategy.includes(':') ? ',' : ':'}negative=5s`;

    test(`${text}: both tiers keep one, and a create ends it in every replica (R50, R53)`, async () => {
      const stage = createTwoReplicas(text);
      const { a, storage } = stage;
      await storage.remove(1).store();
      for (const name of ['a', 'a', 'b', 'b'] as const) assert.equal(await readIn(stage, name), undefined);
      const answers = (['a', 'b'] as const).map((name) =>
        stage[name].events.flatMap((event) => (event.type === 'answered' ? [event.outcome] : [])),
      );
      assert.deepEqual(answers, [
        ['load', 'local-hit'],
        ['shared-hit', 'local-hit'],
      ]);
      await a.cache.write(storage.write(1));
      for (const name of ['a', 'b', 'a', 'b'] as const) assert.equal(await versionIn(stage, name), 3);
    });

    if (allowedBy(parseSettings(text)).includes('stale-fill')) continue;
    test(`${text}: one that was loaded before a create does not hide it (R53)`, async () => {
      for (const writer of ['a', 'b'] as const) {
        const stage = createTwoReplicas(text);
        await stage.storage.remove(1).store();
        const held = stage.storage.holdNextLoad();
        const slow = readIn(stage, 'a');
        const load = await held;
        await stage[writer].cache.write(stage.storage.write(1));
        load.release();
        await slow;
        assert.deepEqual([await versionIn(stage, 'a'), await versionIn(stage, 'b')], [3, 3]);
      }
    });
  }
});

describe('a write of many rows', () => {
  const ids = Array.from({ length: 500 }, (_, index) => index + 1);
  for (const text of [
    'versioned',
    'versioned:tiers=memory',
    'versioned:tiers=redis,protection=none',
    'lease',
    'read-through:tiers=memory',
  ]) {
    test(`${text}: no load that was under way undoes any of it (R61)`, async () => {
      const stage = createTwoReplicas(text);
      const { a, b, storage } = stage;
      const held = storage.holdNextLoad();
      const reading = a.cache.readMany(storage.entity, ids);
      const load = await held;
      await b.cache.write({
        expected: [],
        async store() {
          const done = await Promise.all(ids.map((id) => storage.write(id).store()));
          return { result: ids.length, changed: done.flatMap(({ changed }) => changed) };
        },
      });
      load.release();
      await reading;
      for (const { cache } of [a, b, a])
        assert.ok((await cache.readMany(storage.entity, ids)).every((read) => read?.version === 2));
    });
  }
});
