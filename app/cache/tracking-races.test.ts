import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { TestContext } from 'node:test';
import { createTestRedis } from '../../tests/support/databases.ts';
import { connectTrackedReplicas } from '../../tests/support/tracked-replicas.ts';
import type { TrackedReplica, TrackedReplicas } from '../../tests/support/tracked-replicas.ts';
import { allowedBy } from './settings/chosen-strategy.ts';
import type { Anomaly } from './settings/anomalies.ts';
import { parseSettings } from '../../tests/support/parse-settings.ts';

async function setStage(
  context: TestContext,
  text: string,
  redis = createTestRedis(),
): Promise<TrackedReplicas> {
  const stage = await connectTrackedReplicas(text, redis);
  context.after(() => Promise.all([stage.a.stop(), stage.b.stop()]));
  return stage;
}

const readIn = async ({ cache }: TrackedReplica, { storage }: TrackedReplicas, id = 1) =>
  cache.read(storage.entity, id);

/** Reads until the answer comes from memory: what was filled comes to be watched by the next read. */
async function warm(stage: TrackedReplicas, id = 1): Promise<void> {
  for (const replica of [stage.a, stage.b]) {
    for (let reads = 0; reads < 3; reads += 1) {
      await readIn(replica, stage, id);
      await Promise.all([stage.a.barrier(), stage.b.barrier()]);
    }
    assert.equal((await readIn(replica, stage, id))?.outcome, 'local-hit');
  }
}

/** Whether a replica still answers with an old version when every push has arrived. */
async function isStale(stage: TrackedReplicas): Promise<boolean> {
  await Promise.all([stage.a.barrier(), stage.b.barrier()]);
  // The first read may bring an old entry of redis into memory, from where the second one gets it.
  const reads = [];
  for (const replica of [stage.a, stage.b, stage.a, stage.b]) reads.push(await readIn(replica, stage));
  return reads.some((read) => read?.version !== stage.storage.versionOf(1));
}

type Scenario = (stage: TrackedReplicas) => Promise<boolean>;

/** The write ends while a load that has read the old row is on its way; `fills`: and the new row is filled before it. */
function writeDuringLoad(writer: 'a' | 'b', fills: boolean): Scenario {
  return async (stage) => {
    const held = stage.storage.holdNextLoad();
    const slow = readIn(stage.a, stage);
    const load = await held;
    await stage[writer].cache.write(stage.storage.write(1));
    if (fills) assert.equal((await readIn(stage[writer], stage))?.version, 2);
    await stage.a.barrier();
    load.release();
    await slow;
    return isStale(stage);
  };
}

/** The write ends while the old row is on its way to redis, where it arrives late; `fills`: and the new one before it. */
function writeDuringFill(writer: 'a' | 'b', fills: boolean): Scenario {
  return async (stage) => {
    const held = stage.a.shared.holdNextFill();
    const slow = readIn(stage.a, stage);
    const release = await held;
    await stage[writer].cache.write(stage.storage.write(1));
    if (fills) assert.equal((await readIn(stage[writer], stage))?.version, 2);
    release();
    await slow;
    return isStale(stage);
  };
}

/** The write ends when the old entry has come out of redis and not yet got into memory: the push is handled before it. */
function writeDuringPromotion(writer: 'a' | 'b'): Scenario {
  return async (stage) => {
    await readIn(stage.b, stage);
    const held = stage.a.shared.holdNextGet();
    const slow = readIn(stage.a, stage);
    const release = await held;
    await stage[writer].cache.write(stage.storage.write(1));
    await stage.a.barrier();
    release();
    await slow;
    return isStale(stage);
  };
}

const scenarios: Partial<Record<Anomaly, Readonly<Record<string, Scenario>>>> = {
  'stale-fill': {
    'delete during a load of the same replica (R01)': writeDuringLoad('a', false),
    'delete by another replica during a load (R02)': writeDuringLoad('b', false),
    'the same while the fill is on its way (R13)': writeDuringFill('b', false),
  },
  'older-overwrites-newer': {
    'write and fill during a load of the same replica (R03)': writeDuringLoad('a', true),
    'write and fill by another replica during a load': writeDuringLoad('b', true),
    'the same while the fill is on its way (R13)': writeDuringFill('b', true),
  },
  'stale-promotion': {
    'delete while the redis answer is on its way (R05)': writeDuringPromotion('a'),
    'delete by another replica, pushed before the reply goes on (R26)': writeDuringPromotion('b'),
  },
  'failed-invalidation': {
    async 'redis does not take the delete, nor the new entry'(stage) {
      await warm(stage);
      stage.a.shared.refusesDeletes = true;
      stage.a.shared.refusesFills = true;
      await stage.a.cache.write(stage.storage.write(1));
      stage.a.shared.refusesDeletes = false;
      stage.a.shared.refusesFills = false;
      return isStale(stage);
    },
  },
  'crash-before-invalidation': {
    async 'the writer dies after its commit (R10)'(stage) {
      await warm(stage);
      await stage.storage.write(1).store();
      return isStale(stage);
    },
  },
};

const strategies = [
  'client-tracking',
  'cache-aside',
  'read-through',
  'write-through',
  'refresh-ahead',
  'stale-while-revalidate',
  'stale-if-error',
  'early-expiration',
  'versioned',
];
const candidates = strategies.flatMap((strategy) =>
  ['single-flight', 'lease'].flatMap((protection) =>
    (strategy === 'versioned' ? ['version'] : ['none', 'version']).map(
      (fence) => `${strategy}:protection=${protection},invalidation=client-tracking,fence=${fence}`,
    ),
  ),
);

for (const text of candidates) {
  describe(`races of ${text}`, () => {
    const allowed = allowedBy(parseSettings(text));
    for (const [anomaly, shows] of Object.entries(scenarios) as [Anomaly, Record<string, Scenario>][]) {
      const isExpected = allowed.includes(anomaly);
      test(`${anomaly} ${isExpected ? 'occurs, as declared' : 'never occurs'}`, async (context) => {
        const shown: string[] = [];
        for (const [name, scenario] of Object.entries(shows))
          if (await scenario(await setStage(context, text))) shown.push(name);
        if (isExpected) assert.notDeepEqual(shown, [], 'declared, but nothing shows it');
        else assert.deepEqual(shown, []);
      });
    }

    test('a write is seen at once by its own replica, and by the other when the push has come', async (context) => {
      const stage = await setStage(context, text);
      await warm(stage);
      for (const writer of [stage.a, stage.b, stage.a]) {
        await writer.cache.write(stage.storage.write(1));
        assert.equal((await readIn(writer, stage))?.version, stage.storage.versionOf(1));
        await Promise.all([stage.a.barrier(), stage.b.barrier()]);
        for (const replica of [stage.a, stage.b])
          assert.equal((await readIn(replica, stage))?.version, stage.storage.versionOf(1));
        await warm(stage);
      }
    });

    test('many reads against many writes end with what was written last', async (context) => {
      const stage = await setStage(context, text);
      for (let round = 0; round < 60; round += 1) {
        const work: unknown[] = [readIn(stage.a, stage), readIn(stage.b, stage)];
        work.push((round % 2 === 0 ? stage.a : stage.b).cache.write(stage.storage.write(1)));
        work.push(readIn(stage.a, stage), readIn(stage.b, stage));
        await Promise.all(work);
        const isDeclared = allowed.includes('stale-fill');
        if (!isDeclared) assert.equal(await isStale(stage), false, `round ${round}`);
      }
    });
  });
}
