import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createTwoReplicas } from '../../tests/support/two-replicas.ts';
import type { TwoReplicas } from '../../tests/support/two-replicas.ts';

const readIn = (stage: TwoReplicas, name: 'a' | 'b') => stage[name].cache.read(stage.storage.entity, 1);

describe('a shared tier that has lost its tombstone', () => {
  for (const [writer, protection] of [
    ['a', 'none'],
    ['a', 'single-flight'],
    ['b', 'none'],
    ['b', 'single-flight'],
  ] as const) {
    test(`protection=${protection}: who has heard of the write by ${writer} does not fill what it had loaded before`, async () => {
      const stage = createTwoReplicas(`versioned:protection=${protection}`);
      const held = stage.storage.holdNextLoad();
      const slow = readIn(stage, 'a');
      const load = await held;
      await stage[writer].cache.write(stage.storage.write(1));
      // As a flush does, or an eviction.
      await stage.shared.delete('photo:1');
      load.release();
      await slow;
      assert.deepEqual([(await readIn(stage, 'a'))?.version, (await readIn(stage, 'b'))?.version], [2, 2]);
    });
  }
});

describe('the lease of a key', () => {
  test('a batch whose leases cannot be asked for is one load', async () => {
    const stage = createTwoReplicas('lease');
    stage.shared.leases.acquire = async () => ({ kind: 'unavailable' });
    await stage.a.cache.readMany(stage.storage.entity, [1, 2, 3]);
    assert.deepEqual(stage.storage.loads, [[1, 2, 3]]);
  });

  for (const tiers of ['redis', 'memory+redis']) {
    for (const fence of ['none', 'version']) {
      const text = `lease:tiers=${tiers},fence=${fence}`;

      test(`${text}: who could not ask for it fills nothing that a write overtakes (R01, R02)`, async () => {
        for (const writer of ['a', 'b'] as const) {
          const stage = createTwoReplicas(text);
          const { acquire } = stage.shared.leases;
          stage.shared.leases.acquire = async () => ({ kind: 'unavailable' });
          const held = stage.storage.holdNextLoad();
          const slow = readIn(stage, 'a');
          const load = await held;
          stage.shared.leases.acquire = acquire;
          await stage[writer].cache.write(stage.storage.write(1));
          load.release();
          await slow;
          assert.deepEqual(
            [(await readIn(stage, 'a'))?.version, (await readIn(stage, 'b'))?.version],
            [2, 2],
          );
        }
      });

      test(`${text}: its holder is silent: who waits loads in the end, and fills nothing`, async () => {
        const stage = createTwoReplicas(text);
        const first = stage.storage.holdNextLoad();
        const holder = readIn(stage, 'a');
        const load = await first;
        assert.equal((await readIn(stage, 'b'))?.version, 1);
        assert.deepEqual(
          stage.b.events.flatMap((event) => (event.type === 'lease' ? [event.outcome] : [])),
          ['waited', 'gave-up'],
        );
        await stage.b.cache.write(stage.storage.write(1));
        load.release();
        await holder;
        assert.deepEqual([(await readIn(stage, 'a'))?.version, (await readIn(stage, 'b'))?.version], [2, 2]);
      });

      test(`${text}: it ends in the middle of a load; both load, and the newer stays`, async () => {
        const stage = createTwoReplicas(text);
        const first = stage.storage.holdNextLoad();
        const slow = readIn(stage, 'a');
        const load = await first;
        stage.clock.advance(3_000);
        await stage.b.cache.write(stage.storage.write(1));
        assert.equal((await readIn(stage, 'b'))?.version, 2);
        load.release();
        await slow;
        assert.deepEqual([(await readIn(stage, 'a'))?.version, (await readIn(stage, 'b'))?.version], [2, 2]);
      });
    }
  }
});
