import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { TestContext } from 'node:test';
import { createCuttableLink } from '../../../tests/support/cuttable-link.ts';
import type { CuttableLink } from '../../../tests/support/cuttable-link.ts';
import { startOwnRedis } from '../../../tests/support/own-redis.ts';
import type { OwnRedis } from '../../../tests/support/own-redis.ts';
import { connectTrackedReplicas } from '../../../tests/support/tracked-replicas.ts';
import type { TrackedReplica, TrackedReplicas } from '../../../tests/support/tracked-replicas.ts';
import { waitUntil } from '../../../tests/support/wait-until.ts';
import { commandTimeoutMs } from '../../redis/redis-connection.ts';

type OwnStage = TrackedReplicas & { readonly redis: OwnRedis; readonly linkOfA: CuttableLink };

let redis: OwnRedis;
let stages = 0;
before(async () => {
  redis = await startOwnRedis();
});
after(() => redis.stop());

/** Two replicas on a Redis that no other file uses, with keys of their own; `a` through a link. */
async function setStage(context: TestContext, text: string): Promise<OwnStage> {
  const linkOfA = await createCuttableLink(redis.url);
  context.after(() => linkOfA.close());
  const keyPrefix = `darkroom:${(stages += 1)}:`;
  const place = { url: redis.url, urlOfA: linkOfA.url, keyPrefix, timeoutMs: commandTimeoutMs };
  const stage = await connectTrackedReplicas(text, place);
  context.after(() => Promise.all([stage.a.stop(), stage.b.stop()]));
  return { ...stage, redis, linkOfA };
}

/** Lets Redis remember for so few keys who has read them. */
async function rememberFewKeys(context: TestContext, keys: number): Promise<void> {
  const setting = 'tracking-table-max-keys';
  const [, usual] = (await redis.command('CONFIG', 'GET', setting)) as string[];
  context.after(() => redis.command('CONFIG', 'SET', setting, String(usual)));
  await redis.command('CONFIG', 'SET', setting, String(keys));
}

const readIn = async ({ cache }: TrackedReplica, { storage }: TrackedReplicas, id = 1) =>
  cache.read(storage.entity, id);
const isMemoryHit = async (replica: TrackedReplica, stage: TrackedReplicas, id = 1) =>
  (await readIn(replica, stage, id))?.outcome === 'local-hit';

/** Until both answer from memory. */
async function warm(stage: TrackedReplicas, id = 1): Promise<void> {
  for (const replica of [stage.a, stage.b]) await waitUntil(() => isMemoryHit(replica, stage, id));
}

const isDisconnected = (replica: TrackedReplica) => replica.deliveries().at(-1) === 'disconnected';
const isResumed = (replica: TrackedReplica) => replica.deliveries().at(-1) === 'resumed';

for (const text of [
  'client-tracking',
  'client-tracking:protection=lease',
  'client-tracking:protection=lease,codec=msgpack',
  'versioned:invalidation=client-tracking',
]) {
  describe(`the connection of ${text}`, () => {
    test('disconnected: memory is not trusted until it is heard again, and nothing is stale then (R20)', async (context) => {
      const stage = await setStage(context, text);
      const { a, b, storage, linkOfA } = stage;
      await warm(stage);
      await linkOfA.cut();
      await waitUntil(() => isDisconnected(a));
      await b.cache.write(storage.write(1));
      for (let reads = 0; reads < 3; reads += 1)
        assert.equal((await readIn(a, stage))?.version, 2, 'while it hears nothing');
      await linkOfA.mend();
      await waitUntil(() => isResumed(a));
      assert.equal((await readIn(a, stage))?.version, 2);
      stage.clock.advance(60_000);
      await waitUntil(() => isMemoryHit(a, stage));
      await b.cache.write(storage.write(1));
      await a.barrier();
      assert.equal((await readIn(a, stage))?.version, 3, 'the new connection is told, too');
    });

    test('killed by Redis while an answer is on its way to memory: it does not get there', async (context) => {
      const stage = await setStage(context, text);
      const { a, b, storage } = stage;
      await readIn(b, stage);
      const held = a.shared.holdNextGet();
      const slow = readIn(a, stage);
      const release = await held;
      await stage.redis.command('CLIENT', 'KILL', 'TYPE', 'normal');
      // Told of the start, of the loss, and of the return.
      await waitUntil(() => [a, b].every((replica) => replica.deliveries().length === 3));
      await b.cache.write(storage.write(1));
      release();
      await slow;
      assert.equal((await readIn(a, stage))?.version, 2);
    });

    test('FLUSHALL empties memory, too', async (context) => {
      const stage = await setStage(context, text);
      await warm(stage);
      await stage.redis.command('FLUSHALL');
      await Promise.all([stage.a.barrier(), stage.b.barrier()]);
      assert.equal((await readIn(stage.a, stage))?.outcome, 'load');
      stage.clock.advance(1);
      await warm(stage);
    });

    test('more keys than Redis remembers: some leave memory early, and none stays too long', async (context) => {
      await rememberFewKeys(context, 10);
      const stage = await setStage(context, text);
      const { a, b, storage } = stage;
      const ids = Array.from({ length: 60 }, (_, index) => index + 1);
      for (let times = 0; times < 3; times += 1) await a.cache.readMany(storage.entity, ids);
      // Redis forgets the surplus little by little, while commands come.
      await waitUntil(async () => {
        await a.barrier();
        return a.events.filter(({ type }) => type === 'invalidation').length >= 40;
      });
      for (const id of ids) await b.cache.write(storage.write(id));
      await a.barrier();
      for (const read of await a.cache.readMany(storage.entity, ids)) assert.equal(read?.version, 2);
    });

    test('frozen, it costs a few timeouts and no failed read; memory is not trusted for long (R60)', async (context) => {
      const stage = await setStage(context, text);
      const { a } = stage;
      await warm(stage);
      redis.freeze();
      context.after(() => redis.thaw());
      const startedAtMs = performance.now();
      const reads = await Promise.all(
        Array.from({ length: 50 }, (_, index) => readIn(a, stage, 100 + index)),
      );
      for (const read of reads) assert.equal(read?.version, 1);
      const tookMs = performance.now() - startedAtMs;
      // One after another they would take 50 times as long as a command may.
      assert.ok(tookMs < 40 * commandTimeoutMs, `${Math.round(tookMs)} ms`);
      await waitUntil(() => isDisconnected(a));
      redis.thaw();
      await waitUntil(() => isResumed(a));
      stage.clock.advance(60_000);
      await waitUntil(() => isMemoryHit(a, stage));
    });
  });
}

test('a link that is open and dead is noticed: on it, nobody is told', async (context) => {
  const stage = await setStage(context, 'client-tracking');
  const { a, b, storage, linkOfA } = stage;
  await warm(stage);
  linkOfA.freeze();
  await b.cache.write(storage.write(1));
  await waitUntil(() => isDisconnected(a));
  assert.equal((await readIn(a, stage))?.version, 2);
  await linkOfA.mend();
  await waitUntil(() => isResumed(a));
  assert.equal((await readIn(a, stage))?.version, 2);
});

test('many lost connections leave no listeners behind (R64)', async (context) => {
  const stage = await setStage(context, 'client-tracking');
  const warnings: Error[] = [];
  const note = (warning: Error) => void warnings.push(warning);
  process.on('warning', note);
  context.after(() => process.off('warning', note));
  for (let times = 1; times <= 12; times += 1) {
    await stage.redis.command('CLIENT', 'KILL', 'TYPE', 'normal');
    await waitUntil(() => stage.a.deliveries().filter((change) => change === 'resumed').length > times);
  }
  assert.deepEqual(warnings, []);
  assert.equal((await readIn(stage.a, stage))?.version, 1);
});
