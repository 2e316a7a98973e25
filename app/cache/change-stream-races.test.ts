import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createChangeLog } from '../../tests/support/change-log.ts';
import type { ChangeLog } from '../../tests/support/change-log.ts';
import { createHeldStorage } from '../../tests/support/held-storage.ts';
import { fencedRaceCandidates, raceCandidates } from '../../tests/support/race-candidates.ts';
import { createTwoReplicas } from '../../tests/support/two-replicas.ts';
import type { TwoReplicas } from '../../tests/support/two-replicas.ts';
import { allowedBy } from './settings/chosen-strategy.ts';
import { anomalies } from './settings/anomalies.ts';
import type { Anomaly } from './settings/anomalies.ts';
import { parseSettings } from '../../tests/support/parse-settings.ts';

type Stage = TwoReplicas & { readonly log: ChangeLog };

async function setStage(text: string): Promise<Stage> {
  const log = createChangeLog();
  const storage = createHeldStorage({ onCommit: log.append });
  const stage = createTwoReplicas(text, { createSource: log.createSource }, storage);
  // Each hears of the log from now on.
  await log.drained();
  await stage.settle();
  stage.clock.advance(1);
  return { ...stage, log };
}

const readIn = (stage: Stage, name: 'a' | 'b', id = 1) => stage[name].cache.read(stage.storage.entity, id);

/** Whether a replica still answers with an old version when all is told. */
async function isStale(stage: Stage): Promise<boolean> {
  stage.log.release();
  await stage.log.drained();
  const reads = [];
  for (const name of ['a', 'b', 'a', 'b'] as const) reads.push(await readIn(stage, name));
  return reads.some((read) => read?.version !== stage.storage.versionOf(1));
}

type Scenario = (stage: Stage) => Promise<boolean>;

/** The write ends while a load that has read the old row is on its way; `fills`: and somebody fills the new row before it. */
function writeDuringLoad(writer: 'a' | 'b', fills: boolean, told: 'at once' | 'late'): Scenario {
  return async (stage) => {
    const held = stage.storage.holdNextLoad();
    const slow = readIn(stage, 'a');
    const load = await held;
    if (told === 'late') stage.log.hold();
    await stage[writer].cache.write(stage.storage.write(1));
    if (told === 'at once') await stage.log.drained();
    if (fills) await readIn(stage, 'b');
    load.release();
    await slow;
    return isStale(stage);
  };
}

function writeDuringFill(writer: 'a' | 'b', fills: boolean): Scenario {
  return async (stage) => {
    if (!parseSettings(stage.text).tiers.includes('redis')) return false;
    const held = stage.shared.holdNextFill();
    const slow = readIn(stage, 'a');
    const release = await held;
    await stage[writer].cache.write(stage.storage.write(1));
    await stage.log.drained();
    if (fills) await readIn(stage, 'b');
    release();
    await slow;
    return isStale(stage);
  };
}

function writeDuringPromotion(writer: 'a' | 'b'): Scenario {
  return async (stage) => {
    await readIn(stage, 'b');
    const held = stage.shared.holdNextGet();
    const slow = readIn(stage, 'a');
    const release = await held;
    await stage[writer].cache.write(stage.storage.write(1));
    await stage.log.drained();
    release();
    await slow;
    return isStale(stage);
  };
}

async function fillBoth(stage: Stage): Promise<void> {
  for (const name of ['a', 'b', 'a', 'b'] as const) await readIn(stage, name);
}

const loseConnection: Scenario = async (stage) => {
  await fillBoth(stage);
  for (const reader of stage.log.readers) reader.cut();
  await stage.a.cache.write(stage.storage.write(1));
  for (const reader of stage.log.readers) reader.mend();
  return isStale(stage);
};

/** All slots are gone, with a change that nobody was told of; its writer has died. */
const loseChanges: Scenario = async (stage) => {
  await fillBoth(stage);
  for (const reader of stage.log.readers) reader.cut();
  await stage.storage.write(1).store();
  for (const reader of stage.log.readers) {
    reader.lose();
    reader.mend();
  }
  return isStale(stage);
};

const refuseDelete: Scenario = async (stage) => {
  await fillBoth(stage);
  stage.shared.refusesDeletes = true;
  await stage.a.cache.write(stage.storage.write(1));
  await stage.settle();
  stage.shared.refusesDeletes = false;
  return isStale(stage);
};

const dieAfterCommit: Scenario = async (stage) => {
  await fillBoth(stage);
  await stage.storage.write(1).store();
  return isStale(stage);
};

/** The write is acknowledged, and the log has not been told yet. */
const readBeforeMessage: Scenario = async (stage) => {
  await fillBoth(stage);
  stage.log.hold();
  const version = await stage.a.cache.write(stage.storage.write(1));
  const read = await readIn(stage, 'a');
  return read?.version !== version;
};

const scenarios: Partial<Record<Anomaly, Readonly<Record<string, Scenario>>>> = {
  'stale-fill': {
    'delete during a load of the same replica (R01)': writeDuringLoad('a', false, 'at once'),
    'delete by another replica during a load (R02)': writeDuringLoad('b', false, 'at once'),
    'the same, told after the fill': writeDuringLoad('b', false, 'late'),
    'the same while the fill is on its way (R13)': writeDuringFill('b', false),
  },
  'older-overwrites-newer': {
    'write and fill during a load (R03)': writeDuringLoad('b', true, 'at once'),
    'the same, told after the fill (R09)': writeDuringLoad('b', true, 'late'),
    'the same while the fill is on its way (R13)': writeDuringFill('b', true),
  },
  'stale-promotion': {
    'change told while the redis answer is on its way (R05)': writeDuringPromotion('a'),
    'of another replica': writeDuringPromotion('b'),
  },
  'lost-invalidation': {
    'the stream is lost and comes back (R20)': loseConnection,
    'its slots are lost with what they kept': loseChanges,
  },
  'failed-invalidation': { 'redis does not take the delete for a while': refuseDelete },
  'crash-before-invalidation': { 'the writer dies after its commit (R10)': dieAfterCommit },
  'late-invalidation': { 'a read between a write and the message about it (R25)': readBeforeMessage },
};

const streamed = [...raceCandidates(), ...fencedRaceCandidates()]
  .filter((text) =>
    /^(cache-aside|read-through|write-through|stale-while-revalidate|lease|versioned)/.test(text),
  )
  .map((text) => `${text},invalidation=change-stream`)
  .concat(raceCandidates().filter((text) => text.startsWith('change-stream')));

for (const text of streamed) {
  describe(`races of ${text}`, () => {
    const candidate = parseSettings(text);
    const allowed = allowedBy(candidate);
    for (const anomaly of Object.keys(anomalies) as Anomaly[]) {
      const shows = scenarios[anomaly];
      if (shows === undefined) continue;
      if (anomaly === 'stale-promotion' && candidate.tiers !== 'memory+redis') continue;
      const isExpected = allowed.includes(anomaly);
      test(`${anomaly} ${isExpected ? 'occurs, as declared' : 'never occurs'}`, async () => {
        const shown: string[] = [];
        for (const [name, scenario] of Object.entries(shows))
          if (await scenario(await setStage(text))) shown.push(name);
        if (isExpected) assert.notDeepEqual(shown, [], 'declared, but nothing shows it');
        else assert.deepEqual(shown, []);
      });
    }
  });
}

test('what redis has is cleared by the stream, although its writer was no process of the service', async () => {
  const stage = await setStage('change-stream:tiers=redis');
  await readIn(stage, 'a');
  await stage.storage.write(1).store();
  await stage.log.drained();
  assert.equal(await stage.shared.get('photo:1'), undefined);
});

test('a change that is told twice takes nothing newer away', async () => {
  const stage = await setStage('change-stream');
  await stage.a.cache.write(stage.storage.write(1));
  await stage.log.drained();
  await fillBoth(stage);
  stage.storage.loads.length = 0;
  stage.log.readers[0]?.mend();
  await stage.log.drained();
  stage.clock.advance(1);
  assert.deepEqual(
    [(await readIn(stage, 'a'))?.version, (await readIn(stage, 'b'))?.outcome],
    [2, 'local-hit'],
  );
  assert.equal(stage.storage.loads.length, 0);
});

for (const protection of ['none', 'single-flight', 'lease']) {
  test(`protection=${protection}: after a noticed loss each key is loaded once more, and redis believed again`, async () => {
    const stage = await setStage(`change-stream:tiers=redis,protection=${protection}`);
    await fillBoth(stage);
    for (const reader of stage.log.readers) reader.lose();
    stage.clock.advance(1);
    stage.storage.loads.length = 0;
    await fillBoth(stage);
    assert.equal(stage.storage.loads.length, 1);
    assert.equal((await readIn(stage, 'b'))?.outcome, 'shared-hit');
  });
}
