import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createTwoReplicas } from '../../../tests/support/two-replicas.ts';
import type { TwoReplicas } from '../../../tests/support/two-replicas.ts';
import { allowedBy } from '../settings/chosen-strategy.ts';
import { parseSettings } from '../../../tests/support/parse-settings.ts';

const versionsIn = async ({ a, b, storage }: TwoReplicas) =>
  Promise.all([a, b].map(async ({ cache }) => (await cache.read(storage.entity, 1))?.version));

const stacks = ['memory', 'redis', 'memory+redis'];
const writeThroughs = stacks.flatMap((tiers) => [
  ...['none', 'single-flight'].map(
    (protection) => `write-through:tiers=${tiers},protection=${protection},fence=version`,
  ),
  ...(tiers === 'memory'
    ? ['write-through:tiers=memory']
    : ['none', 'version'].map((fence) => `write-through:tiers=${tiers},protection=lease,fence=${fence}`)),
]);

for (const text of writeThroughs) {
  describe(`two writers, ${text}`, () => {
    assert.ok(!allowedBy(parseSettings(text)).includes('older-overwrites-newer'));

    for (const writer of ['a', 'b'] as const) {
      for (const mood of ['deliver', 'hold'] as const) {
        const title = `in ${writer === 'a' ? 'one replica' : 'two replicas'}, messages ${mood === 'hold' ? 'late' : 'at once'}`;

        test(`${title}: the load of the first ends last (R08)`, async () => {
          const stage = createTwoReplicas(text);
          const { a, storage, network } = stage;
          await versionsIn(stage);
          const held = storage.holdNextLoad();
          const first = a.cache.write(storage.write(1));
          const load = await held;
          network.mood = mood;
          await stage[writer].cache.write(storage.write(1));
          load.release();
          await first;
          network.mood = 'deliver';
          network.release();
          assert.deepEqual(await versionsIn(stage), [3, 3]);
        });

        test(`${title}: both load at once, in the order of their commits`, async () => {
          const stage = createTwoReplicas(text);
          const { a, storage, network } = stage;
          await versionsIn(stage);
          network.mood = mood;
          const loads = [storage.holdNextLoad(), storage.holdNextLoad()];
          const writes = [a.cache.write(storage.write(1))];
          const load = await loads[0];
          writes.push(stage[writer].cache.write(storage.write(1)));
          const other = await loads[1];
          load?.release();
          await writes[0];
          other?.release();
          await writes[1];
          network.mood = 'deliver';
          network.release();
          assert.deepEqual(await versionsIn(stage), [3, 3]);
        });
      }
    }
  });
}

describe('write-through', () => {
  test('a tier that does not take the new value is rid of the old one', async () => {
    const stage = createTwoReplicas('write-through');
    await versionsIn(stage);
    stage.shared.refusesFills = true;
    await stage.a.cache.write(stage.storage.write(1));
    assert.deepEqual(await versionsIn(stage), [2, 2]);
  });
});
