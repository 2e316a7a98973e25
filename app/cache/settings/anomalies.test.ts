import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { createBusNetwork } from '../../../tests/support/bus-network.ts';
import type { BusNetwork } from '../../../tests/support/bus-network.ts';
import { createReplica } from '../../../tests/support/cache-replica.ts';
import type { Replica } from '../../../tests/support/cache-replica.ts';
import { createFakeClock } from '../../../tests/support/fake-clock.ts';
import { createHeldStorage } from '../../../tests/support/held-storage.ts';
import type { HeldStorage } from '../../../tests/support/held-storage.ts';
import { createHeldTier } from '../../../tests/support/shared-tier.ts';
import type { HeldTier } from '../../../tests/support/shared-tier.ts';
import type { SharedTier } from '../tiers/tier.ts';
import { fencedRaceCandidates, raceCandidates } from '../../../tests/support/race-candidates.ts';
import { createTestRedisTier } from '../../../tests/support/test-redis-tier.ts';
import { allowedBy, redisUsesOf } from './chosen-strategy.ts';
import { anomalies } from './anomalies.ts';
import type { Anomaly } from './anomalies.ts';
import type { CacheSettings } from './cache-axes.ts';
import { parseSettings } from '../../../tests/support/parse-settings.ts';
import type { WriteQueue } from '../writes/write-queue.ts';

/** Two replicas of one service on one storage and one Redis, and every hand that can stop or lose something. */
type Stage = {
  readonly a: Replica;
  readonly b: Replica;
  readonly storage: HeldStorage;
  readonly shared: HeldTier;
  readonly network: BusNetwork;
  readonly hasRedis: boolean;
};

const clock = createFakeClock();
let redisTier: SharedTier;
let photoId = 0;

before(async () => {
  redisTier = (await createTestRedisTier(clock)).tier;
});
after(() => redisTier.close());

/** Takes every write that may wait, and keeps it. */
const patientQueue: WriteQueue = {
  append: async () => true,
  start: () => {},
  flush: async () => {},
  stop: async () => {},
};

function setStage(candidate: CacheSettings): Stage & { readonly id: number } {
  const shared = createHeldTier(redisTier);
  const network = createBusNetwork();
  const createQueue = redisUsesOf(candidate).includes('queue') ? () => patientQueue : null;
  const replica = (sender: string) =>
    createReplica({ candidate, clock, shared, network, sender, createQueue });
  const [a, b] = [replica('a'), replica('b')];
  // Each has heard the other before anything happens.
  a.beat();
  b.beat();
  // A flush refuses what began in its own millisecond.
  clock.advance(1);
  photoId += 1;
  const storage = createHeldStorage();
  for (const { cache } of [a, b]) cache.register(storage.entity);
  return { a, b, storage, shared, network, id: photoId, hasRedis: candidate.tiers.includes('redis') };
}

/** Whether a replica still answers with an old version now that every write is done and every message has arrived. */
async function isStale({ a, b, storage }: Stage, id: number): Promise<boolean> {
  const reads = await Promise.all([a.cache.read(storage.entity, id), b.cache.read(storage.entity, id)]);
  return reads.some((read) => read?.version !== storage.versionOf(id));
}

type Scenario = (stage: Stage, id: number) => Promise<boolean>;

/** The write ends while a load that has read the old row is still on its way. `writer` is the same process or the other. */
function writeDuringLoad(writer: 'a' | 'b', messages: 'deliver' | 'hold'): Scenario {
  return async (stage, id) => {
    const held = stage.storage.holdNextLoad();
    const slow = stage.a.cache.read(stage.storage.entity, id);
    const load = await held;
    stage.network.mood = messages;
    await stage[writer].cache.write(stage.storage.write(id));
    load.release();
    await slow;
    stage.network.mood = 'deliver';
    stage.network.release();
    return isStale(stage, id);
  };
}

/** As above, and the other replica, or the same one, loads and fills the new row before the old one arrives. */
function fillDuringLoad(writer: 'a' | 'b', messages: 'deliver' | 'hold'): Scenario {
  return async (stage, id) => {
    const held = stage.storage.holdNextLoad();
    const slow = stage.a.cache.read(stage.storage.entity, id);
    const load = await held;
    stage.network.mood = messages;
    await stage[writer].cache.write(stage.storage.write(id));
    const quick = await stage[writer].cache.read(stage.storage.entity, id);
    assert.equal(quick?.version, 2, 'a read that begins after a write does not join a load from before it');
    load.release();
    await slow;
    stage.network.mood = 'deliver';
    stage.network.release();
    return isStale(stage, id);
  };
}

/** The write ends while the old row is on its way to redis, where it arrives late; with `fills`, after the new one. */
function writeDuringFill(writer: 'a' | 'b', fills: boolean): Scenario {
  return async (stage, id) => {
    if (!stage.hasRedis) return false;
    const held = stage.shared.holdNextFill();
    const slow = stage.a.cache.read(stage.storage.entity, id);
    const release = await held;
    await stage[writer].cache.write(stage.storage.write(id));
    if (fills) await stage[writer].cache.read(stage.storage.entity, id);
    release();
    await slow;
    return isStale(stage, id);
  };
}

/** The write ends while the old entry is on its way from redis to memory. */
function writeDuringPromotion(writer: 'a' | 'b'): Scenario {
  return async (stage, id) => {
    await stage.b.cache.read(stage.storage.entity, id);
    const held = stage.shared.holdNextGet();
    const slow = stage.a.cache.read(stage.storage.entity, id);
    const release = await held;
    await stage[writer].cache.write(stage.storage.write(id));
    release();
    await slow;
    return isStale(stage, id);
  };
}

/** The other replica does not hear of the write; heartbeats go on afterwards. */
function loseMessage(how: 'lose' | 'fail' | 'cut'): Scenario {
  return async (stage, id) => {
    await stage.b.cache.read(stage.storage.entity, id);
    if (how === 'cut') stage.b.connection.cut();
    else stage.network.mood = how;
    await stage.a.cache.write(stage.storage.write(id));
    // While it knows that it hears nothing, a replica must not trust its memory either.
    if (how === 'cut' && (await isStale(stage, id))) return true;
    if (how === 'cut') stage.b.connection.mend();
    stage.network.mood = 'deliver';
    clock.advance(1);
    stage.a.beat();
    stage.b.beat();
    return isStale(stage, id);
  };
}

const refuseDelete: Scenario = async (stage, id) => {
  await stage.b.cache.read(stage.storage.entity, id);
  stage.shared.refusesDeletes = true;
  stage.shared.refusesFills = true;
  await stage.a.cache.write(stage.storage.write(id));
  stage.shared.refusesDeletes = false;
  stage.shared.refusesFills = false;
  return isStale(stage, id);
};

/** The writer dies as soon as its commit is done: nothing of it reaches the cache. */
const dieAfterCommit: Scenario = async (stage, id) => {
  await stage.b.cache.read(stage.storage.entity, id);
  const { store, expected } = stage.storage.write(id);
  const { promise: never } = Promise.withResolvers<never>();
  const { promise: committed, resolve } = Promise.withResolvers<void>();
  const dying = async () => {
    await store();
    resolve();
    return never;
  };
  stage.a.cache.write({ expected, store: dying }).catch(assert.fail);
  await committed;
  return isStale(stage, id);
};

/** Somebody reads while the write has begun and not committed. */
const readBeforeCommit: Scenario = async (stage, id) => {
  const { store, expected } = stage.storage.write(id);
  await stage.b.cache.read(stage.storage.entity, id);
  const reading = async () => {
    await stage.b.cache.read(stage.storage.entity, id);
    await stage.a.cache.read(stage.storage.entity, id);
    return store();
  };
  await stage.a.cache.write({ expected, store: reading });
  return isStale(stage, id);
};

/** One writes, then reads; nothing goes wrong. */
const writeThenRead: Scenario = async (stage, id) => {
  await stage.a.cache.read(stage.storage.entity, id);
  await stage.a.cache.write(stage.storage.write(id));
  return isStale(stage, id);
};

/** The writer's own replica answers while the message about the write has reached nobody. */
const readBeforeMessage: Scenario = async (stage, id) => {
  await stage.a.cache.read(stage.storage.entity, id);
  stage.network.mood = 'hold';
  const version = await stage.a.cache.write(stage.storage.write(id));
  const read = await stage.a.cache.read(stage.storage.entity, id);
  stage.network.mood = 'deliver';
  stage.network.release();
  return read?.version !== version;
};

/** A write that may wait is acknowledged, and both replicas load before storage has it. */
const readBeforeFlush: Scenario = async ({ a, b, storage }, id) => {
  const answer = async () => storage.versionOf(id) + 1;
  const deferrable = { kind: 'raise', payload: { id }, coalescingKey: String(id), answer };
  const version = await a.cache.write({ ...storage.write(id), deferrable });
  const reads = await Promise.all([a.cache.read(storage.entity, id), b.cache.read(storage.entity, id)]);
  return reads.some((read) => read?.version !== version);
};

/** What shows each anomaly, if anything does. */
const scenarios: Record<Anomaly, Readonly<Record<string, Scenario>>> = {
  'stale-fill': {
    'delete during a load of the same replica (R01)': writeDuringLoad('a', 'deliver'),
    'delete by another replica during a load (R02)': writeDuringLoad('b', 'deliver'),
    'the same, the message arriving after the fill': writeDuringLoad('b', 'hold'),
    'delete while the fill is on its way (R13)': writeDuringFill('a', false),
    'delete by another replica while the fill is on its way': writeDuringFill('b', false),
  },
  'older-overwrites-newer': {
    'write and fill during a load of the same replica (R03)': fillDuringLoad('a', 'deliver'),
    'write and fill by another replica during a load': fillDuringLoad('b', 'deliver'),
    'the same, the message arriving after the fill (R09)': fillDuringLoad('b', 'hold'),
    'the same while the fill is on its way (R13)': writeDuringFill('b', true),
  },
  'stale-promotion': {
    'delete while the redis answer is on its way (R05)': writeDuringPromotion('a'),
    'delete by another replica while the redis answer is on its way': writeDuringPromotion('b'),
  },
  'lost-invalidation': {
    'a message gets lost (R20)': loseMessage('lose'),
    'the sender cannot publish': loseMessage('fail'),
    'the subscriber is cut': loseMessage('cut'),
  },
  'failed-invalidation': { 'redis does not take the delete': refuseDelete },
  'crash-before-invalidation': { 'the writer dies after its commit (R10)': dieAfterCommit },
  'fill-before-commit': { 'a read between the beginning of a write and its commit': readBeforeCommit },
  'no-invalidation': { 'a write, then a read': writeThenRead },
  'late-invalidation': {
    'a read in the replica of the writer, before any message arrives (R25)': readBeforeMessage,
  },
  'storage-lags': { 'a write that may wait, then a read': readBeforeFlush },
};

const candidates = [...raceCandidates(), ...fencedRaceCandidates()];
for (const text of candidates.filter((one) => !/client-tracking|change-stream/.test(one))) {
  describe(`races of ${text}`, () => {
    const candidate = parseSettings(text);
    const allowed = allowedBy(candidate);
    for (const anomaly of Object.keys(anomalies) as Anomaly[]) {
      // Without a second tier there is no promotion to race with.
      if (anomaly === 'stale-promotion' && candidate.tiers !== 'memory+redis') continue;
      // Where no write is heard of, every race ends with the old value.
      if (anomaly !== 'no-invalidation' && allowed.includes('no-invalidation')) continue;
      const isExpected = allowed.includes(anomaly);
      test(`${anomaly} ${isExpected ? 'occurs, as declared' : 'never occurs'}`, async () => {
        const shown: string[] = [];
        for (const [name, scenario] of Object.entries(scenarios[anomaly])) {
          const stage = setStage(candidate);
          if (await scenario(stage, stage.id)) shown.push(name);
        }
        if (isExpected) assert.notDeepEqual(shown, [], 'declared, but nothing shows it');
        else assert.deepEqual(shown, []);
      });
    }
  });
}
