import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import type { TestContext } from 'node:test';
import { leaseMs } from '../app/cache/tiers/tier.ts';
import { createCuttableLink } from './support/cuttable-link.ts';
import { createTestRedis } from './support/databases.ts';
import { createParentStorage, createReplicaProcesses } from './support/replica-parent.ts';
import type { ReplicaProcess } from './support/replica-parent.ts';
import { waitUntil } from './support/wait-until.ts';

const processes = createReplicaProcesses();
after(() => processes.end());

/** Two processes with a cache each, on one real Redis and the storage of this process. */
async function setStage(context: TestContext, text: string) {
  const storage = createParentStorage();
  const redis = createTestRedis();
  const linkOfB = await createCuttableLink(redis.url);
  const started: ReplicaProcess[] = [];
  context.after(async () => {
    await Promise.all(started.map(processes.release));
    await linkOfB.close();
  });
  const start = async (sender: string, url: string): Promise<ReplicaProcess> => {
    const replica = await processes.start({ ...redis, url, text, sender }, storage);
    started.push(replica);
    return replica;
  };
  const [a, b] = await Promise.all([start('a', redis.url), start('b', linkOfB.url)]);
  const versionIn = async (replica: ReplicaProcess) => (await replica.read(1)).versions[0];
  return { a, b, storage, linkOfB, versionIn };
}

const expectedLoads = {
  'read-through': 2,
  versioned: 2,
  lease: 1,
  'versioned:protection=lease': 1,
  'read-through:protection=lease,codec=msgpack': 1,
};
for (const [text, loads] of Object.entries(expectedLoads)) {
  test(`ML-7: ${text}: 200 cold reads in each of two processes make ${loads === 1 ? 'one load' : 'one load each'} (R30)`, async (context) => {
    const { a, b, storage } = await setStage(context, text);
    const held = Array.from({ length: loads }, () => storage.holdNextLoad());
    const reads = [a.read(1, 200), b.read(1, 200)];
    for (const load of await Promise.all(held)) load.release();
    for (const { versions } of await Promise.all(reads)) {
      assert.equal(versions.length, 200);
      assert.ok(versions.every((version) => version === 1));
    }
    assert.equal(storage.loads.length, loads);
  });
}

for (const text of [
  'versioned',
  'lease',
  'versioned:protection=lease',
  'versioned:tiers=redis',
  'lease:tiers=redis',
]) {
  for (const [writer, id] of [
    ['a', 'R01'],
    ['b', 'R02'],
  ] as const) {
    const where = writer === 'a' ? 'the process that loads' : 'the other process';
    test(`${text}: a write in ${where} during a load is not undone by it (${id})`, async (context) => {
      const stage = await setStage(context, text);
      const held = stage.storage.holdNextLoad();
      const slow = stage.versionIn(stage.a);
      const load = await held;
      assert.equal(await stage[writer].write(1), 2);
      assert.equal(await stage.versionIn(stage[writer]), 2, 'its own process sees it at once');
      load.release();
      assert.equal(await slow, 1);
      await waitUntil(async () => (await stage.versionIn(stage.a)) === 2);
      for (const replica of [stage.a, stage.b, stage.a, stage.b])
        assert.equal(await stage.versionIn(replica), 2);
    });
  }
}

describe('the holder of a lease is killed', () => {
  for (const text of ['lease', 'versioned:protection=lease']) {
    test(`${text}: the others go on, and the key is filled again when the lease has ended`, async (context) => {
      const { a, b, storage, versionIn } = await setStage(context, text);
      const held = storage.holdNextLoad();
      a.read(1).catch(() => {});
      const load = await held;
      assert.equal(load.replica, 'a');
      await a.kill();
      const startedAtMs = performance.now();
      const { versions } = await b.read(1, 200);
      assert.ok(versions.every((version) => version === 1));
      const tookMs = performance.now() - startedAtMs;
      // One after another they would wait for 200 leases.
      assert.ok(tookMs < 20 * leaseMs, `${Math.round(tookMs)} ms`);
      await waitUntil(async () => (await b.read(1)).outcome === 'local-hit');
      assert.ok(storage.loads.length <= 4, `${storage.loads.length} loads`);
      assert.equal(await b.write(1), 2);
      assert.equal(await versionIn(b), 2);
    });
  }
});

test('a writer that is killed right after its commit: the old entry lasts until its TTL ends (R10)', async (context) => {
  const { a, b, storage, versionIn } = await setStage(context, 'versioned:ttl=500ms,jitter=0');
  for (const replica of [a, b]) await versionIn(replica);
  const committed = storage.loseNextCommit();
  a.write(1).catch(() => {});
  await committed;
  await a.kill();
  await waitUntil(async () => (await versionIn(b)) === 2);
});

describe('the bus of one process is cut', () => {
  for (const text of ['versioned', 'versioned:tiers=memory', 'versioned:protection=lease']) {
    test(`${text}: it notices, trusts nothing meanwhile, and comes back fresh (R20)`, async (context) => {
      const { a, b, linkOfB, versionIn } = await setStage(context, text);
      await waitUntil(async () => (await b.read(1)).outcome === 'local-hit');
      const told = b.deliveries.length;
      await linkOfB.cut();
      await waitUntil(() => b.deliveries.slice(told).includes('disconnected'));
      assert.equal(await a.write(1), 2);
      assert.equal(await versionIn(b), 2, 'while it is cut off');
      await linkOfB.mend();
      // That messages were lost may be told right behind it.
      await waitUntil(() => b.deliveries.lastIndexOf('resumed') > b.deliveries.lastIndexOf('disconnected'));
      assert.equal(await versionIn(b), 2);
      await waitUntil(async () => (await b.read(1)).outcome === 'local-hit');
      assert.equal(await a.write(1), 3);
      await waitUntil(async () => (await versionIn(b)) === 3);
    });
  }
});
