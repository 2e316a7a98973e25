import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { createBusNetwork } from '../../tests/support/bus-network.ts';
import { createReplica } from '../../tests/support/cache-replica.ts';
import { createFakeClock } from '../../tests/support/fake-clock.ts';
import { createHeldStorage } from '../../tests/support/held-storage.ts';
import { createSharedTier } from '../../tests/support/shared-tier.ts';
import { parseSettings } from '../../tests/support/parse-settings.ts';

const ttlMs = 20_000;
const skewMs = 60_000;

/** A replica that fills, whose clock is ahead of that of one that reads. What they share lives by the first one's clock, as by Redis's own. */
function createSkewed(text: string) {
  const candidate = parseSettings(text);
  const [ahead, behind] = [createFakeClock(1_000_000 + skewMs), createFakeClock(1_000_000)];
  const shared = createSharedTier(ahead);
  const network = createBusNetwork();
  const storage = createHeldStorage();
  const replicas = [ahead, behind].map((clock, index) => {
    const replica = createReplica({
      candidate,
      clock,
      shared,
      network,
      sender: String(index),
      random: () => 0.5,
    });
    replica.cache.register(storage.entity);
    replica.beat();
    return replica;
  });
  const [filling, reading] = replicas as [(typeof replicas)[0], (typeof replicas)[0]];
  const pass = (ms: number): void => {
    for (const clock of [ahead, behind]) clock.advance(ms);
  };
  pass(1);
  const versionRead = async (): Promise<number | undefined> =>
    (await reading.cache.read(storage.entity, 1))?.version;
  return { storage, filling, pass, versionRead };
}

/** Milliseconds for which the old value is served after a write that nobody tells of, by the second. */
async function staleFor(text: string, readAfterMs: number): Promise<number> {
  const { storage, filling, pass, versionRead } = createSkewed(text);
  await filling.cache.read(storage.entity, 1);
  pass(readAfterMs);
  assert.equal(await versionRead(), 1);
  await storage.write(1).store();
  for (let passedMs = 0; passedMs <= 2 * skewMs; passedMs += 1_000) {
    if ((await versionRead()) !== 1) return passedMs;
    pass(1_000);
    // What goes on behind an answer ends meanwhile.
    await setImmediate();
  }
  return Infinity;
}

test('an entry of a replica whose clock is a minute ahead is served for a TTL from when it was first seen', async () => {
  assert.equal(await staleFor('ttl-only:ttl=20s,jitter=0', 0), ttlMs);
  assert.ok((await staleFor('ttl-only:ttl=20s,jitter=0', 15_000)) <= ttlMs);
});

test('from redis alone it is served for no longer than redis keeps it', async () => {
  assert.equal(await staleFor('ttl-only:ttl=20s,jitter=0,tiers=redis', 0), ttlMs);
});

test('one that may be served stale is taken for a fresh one no second time', async () => {
  const text = 'stale-while-revalidate:ttl=20s,stale=5m,jitter=0,invalidation=ttl';
  assert.equal(await staleFor(text, 0), ttlMs + 1_000);
});
