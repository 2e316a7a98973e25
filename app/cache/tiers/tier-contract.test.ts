import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { createTestRedis } from '../../../tests/support/databases.ts';
import { createFakeClock } from '../../../tests/support/fake-clock.ts';
import { ignoreEvents } from '../../../tests/support/recorded-events.ts';
import { createSharedTier } from '../../../tests/support/shared-tier.ts';
import { createTestRedisTier } from '../../../tests/support/test-redis-tier.ts';
import { defaultParameters } from '../settings/cache-axes.ts';
import { codecOf } from '../codec.ts';
import type { Codec } from '../codec.ts';
import type { Entry } from '../entry.ts';
import { createMemoryTier } from './memory-tier.ts';
import { tombstoneMs } from './tier.ts';
import type { Tier } from './tier.ts';

const clock = createFakeClock();
const memory = () =>
  createMemoryTier({
    settings: { ...defaultParameters, memoryBytes: 2 ** 20 },
    clock,
    observe: ignoreEvents,
  });
const redis = async (codec: Codec) =>
  (await createTestRedisTier(clock, ignoreEvents, createTestRedis(), codec)).tier;

/** Everything that says it is a tier. The last one is the tests' own, which must do what the real one does. */
const makers: Readonly<Record<string, () => Tier | Promise<Tier>>> = {
  'memory tier': memory,
  'redis tier, JSON': () => redis(codecOf.json),
  'redis tier, MessagePack': () => redis(codecOf.msgpack),
  'shared tier of the tests': () => createSharedTier(clock),
};

const entryOf = (version: number, value: unknown = `v${version}`, forMs = 10_000): Entry => ({
  value,
  version,
  freshUntil: clock.now() + forMs,
  staleUntil: clock.now() + forMs,
  loadMs: 0,
  isAbsent: false,
});

for (const [name, make] of Object.entries(makers)) {
  describe(`contract of the ${name}`, async () => {
    const tier = await make();
    after(() => tier.close());
    let number = 0;
    const newKey = () => `photo:${(number += 1)}`;
    const versionAt = async (key: string) => (await tier.get(key))?.entry.version;

    test('what was set is got, with its version and lifetime', async () => {
      const key = newKey();
      assert.equal(await tier.get(key), undefined);
      const entry = entryOf(3, { caption: 'x', tags: ['a'] });
      await tier.set(key, entry);
      assert.deepEqual((await tier.get(key))?.entry, entry);
    });

    test('0, null, false and empty are values', async () => {
      for (const value of [0, null, false, '']) {
        const key = newKey();
        await tier.set(key, entryOf(1, value));
        assert.deepEqual((await tier.get(key))?.entry.value, value);
        await tier.setFenced(key, entryOf(2, value), clock.now());
        assert.deepEqual((await tier.get(key))?.entry.value, value);
      }
    });

    test('getMany answers in the order of the keys, with holes for what is missing', async () => {
      const [one, two, three] = [newKey(), newKey(), newKey()];
      await tier.set(one, entryOf(1));
      await tier.set(three, entryOf(3));
      const hits = await tier.getMany([three, two, one, three]);
      assert.deepEqual(
        hits.map((hit) => hit?.entry.version),
        [3, undefined, 1, 3],
      );
      assert.deepEqual(await tier.getMany([]), []);
    });

    test('an entry ends on the clock', async () => {
      const key = newKey();
      await tier.set(key, entryOf(1, 'x', 1_000));
      clock.advance(999);
      assert.equal(await versionAt(key), 1);
      clock.advance(1);
      assert.equal(await tier.get(key), undefined);
    });

    test('a plain set takes the last word, a fenced one leaves the newer version', async () => {
      const key = newKey();
      await tier.set(key, entryOf(5));
      assert.equal(await tier.setFenced(key, entryOf(4), clock.now()), false);
      assert.equal(await versionAt(key), 5);
      assert.equal(await tier.setFenced(key, entryOf(5, 'again'), clock.now()), true);
      assert.equal(await tier.setFenced(key, entryOf(6), clock.now()), true);
      assert.equal(await versionAt(key), 6);
      await tier.set(key, entryOf(4));
      assert.equal(await versionAt(key), 4);
    });

    test('versions compare as numbers, up to the largest safe one', async () => {
      const key = newKey();
      await tier.setFenced(key, entryOf(10), clock.now());
      assert.equal(await tier.setFenced(key, entryOf(9), clock.now()), false);
      await tier.setFenced(key, entryOf(Number.MAX_SAFE_INTEGER), clock.now());
      assert.equal(await tier.setFenced(key, entryOf(Number.MAX_SAFE_INTEGER - 1), clock.now()), false);
      assert.equal(await versionAt(key), Number.MAX_SAFE_INTEGER);
    });

    test('delete forgets the entry and refuses nothing afterwards', async () => {
      const key = newKey();
      await tier.set(key, entryOf(5));
      assert.equal(await tier.delete(key), true);
      assert.equal(await tier.get(key), undefined);
      assert.equal(await tier.delete(key), true, 'an absent key is deleted as well');
      await tier.set(key, entryOf(4));
      assert.equal(await versionAt(key), 4);
    });

    test('a fenced delete leaves a tombstone that only its version or a newer one passes', async () => {
      const key = newKey();
      await tier.set(key, entryOf(5));
      assert.equal(await tier.deleteFenced(key, 6), true);
      assert.equal(await tier.get(key), undefined);
      assert.deepEqual(await tier.getMany([key]), [undefined]);
      assert.equal(await tier.setFenced(key, entryOf(5), clock.now()), false);
      assert.equal(await tier.get(key), undefined);
      assert.equal(await tier.setFenced(key, entryOf(6), clock.now()), true);
      assert.equal(await versionAt(key), 6);
    });

    test('a fenced delete that comes late leaves what is as new', async () => {
      const key = newKey();
      await tier.setFenced(key, entryOf(7), clock.now());
      assert.equal(await tier.deleteFenced(key, 6), true);
      assert.equal(await tier.deleteFenced(key, 7), true);
      assert.equal(await versionAt(key), 7);
    });

    test('an older tombstone does not replace a newer one', async () => {
      const key = newKey();
      await tier.deleteFenced(key, 9);
      await tier.deleteFenced(key, 8);
      assert.equal(await tier.setFenced(key, entryOf(8), clock.now()), false);
    });

    test('a read that began longer ago than a tombstone lives is not filled', async () => {
      const key = newKey();
      const startedAtMs = clock.now();
      clock.advance(tombstoneMs - 1);
      assert.equal(await tier.setFenced(key, entryOf(1), startedAtMs), true);
      clock.advance(1);
      assert.equal(await tier.setFenced(key, entryOf(2), startedAtMs), false);
      assert.equal(await versionAt(key), 1);
    });
  });
}
