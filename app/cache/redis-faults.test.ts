import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { describe, test } from 'node:test';
import type { TestContext } from 'node:test';
import { createHeldStorage } from '../../tests/support/held-storage.ts';
import { startOwnRedis } from '../../tests/support/own-redis.ts';
import { waitUntil } from '../../tests/support/wait-until.ts';
import { createFakeClock } from '../../tests/support/fake-clock.ts';
import { createSystemClock } from '../clock.ts';
import type { Clock } from '../clock.ts';
import type { Cache } from './cache.ts';
import { recordEvents } from '../../tests/support/recorded-events.ts';
import type { RecordedEvent } from '../../tests/support/recorded-events.ts';
import { parseSettings } from '../../tests/support/parse-settings.ts';
import { createCache } from './create-cache.ts';
import { commandTimeoutMs } from '../redis/redis-connection.ts';

/** The cache of a service as its process makes it, on a real Redis. */
async function join(
  context: TestContext,
  text: string,
  url: string,
  sender: string,
  clock: Clock = createSystemClock(),
) {
  const events: RecordedEvent[] = [];
  const failures: unknown[] = [];
  const cache: Cache = await createCache({
    candidate: parseSettings(text),
    redis: { url, keyPrefix: 'darkroom:' },
    sender,
    clock,
    random: Math.random,
    observe: recordEvents(events),
    runInBackground: (_, task) => void task.catch((reason: unknown) => failures.push(reason)),
    redisExpirySlackMs: 0,
    createChangeStream: () => assert.fail('no candidate here has one'),
  });
  context.after(() => cache.close());
  const results = (operation?: string) =>
    events.flatMap((event) =>
      event.type === 'tier-operation' && (operation === undefined || event.operation === operation)
        ? [event.result]
        : [],
    );
  const deliveries = () => events.flatMap((event) => (event.type === 'delivery' ? [event.change] : []));
  return { cache, events, failures, results, deliveries };
}

async function ownRedis(context: TestContext, ...settings: string[]) {
  const redis = await startOwnRedis(...settings);
  context.after(() => redis.stop());
  return redis;
}

const storageOf = () => createHeldStorage();

/** Whether the redis tier answers again, asked for a key that memory does not have. */
let newId = 10_000;
async function isAnswering(cache: Cache, results: (operation: string) => string[]): Promise<boolean> {
  newId += 1;
  await cache.read(storageOf().entity, newId);
  return results('get').includes('miss');
}

describe('two processes on one Redis', () => {
  for (const text of ['cache-aside', 'versioned', 'versioned:tiers=memory']) {
    test(`${text}: a write in one clears the memory of the other`, async (context) => {
      const redis = await ownRedis(context);
      const a = await join(context, text, redis.url, 'a');
      const b = await join(context, text, redis.url, 'b');
      const storage = storageOf();
      const outcomeInB = async () => (await b.cache.read(storage.entity, 1))?.outcome;
      await waitUntil(async () => (await outcomeInB()) === 'local-hit');
      await a.cache.write(storage.write(1));
      await waitUntil(async () => (await b.cache.read(storage.entity, 1))?.version === 2);
      assert.deepEqual([a.failures, b.failures], [[], []]);
    });
  }

  test('versioned: a lost subscription is noticed, memory is not trusted meanwhile, and comes back', async (context) => {
    const redis = await ownRedis(context);
    const a = await join(context, 'versioned', redis.url, 'a');
    const b = await join(context, 'versioned', redis.url, 'b');
    const storage = storageOf();
    const isMemoryHit = async () => (await b.cache.read(storage.entity, 1))?.outcome === 'local-hit';
    await waitUntil(isMemoryHit);
    b.events.length = 0;
    await redis.command('CLIENT', 'KILL', 'TYPE', 'pubsub');
    await waitUntil(() => b.deliveries().includes('disconnected'));
    await a.cache.write(storage.write(1));
    assert.equal((await b.cache.read(storage.entity, 1))?.version, 2);
    await waitUntil(() => b.deliveries().includes('resumed'));
    await waitUntil(isMemoryHit);
    assert.equal((await b.cache.read(storage.entity, 1))?.version, 2);
  });
});

describe('a Redis that does not answer', () => {
  for (const text of ['cache-aside:tiers=redis', 'versioned']) {
    test(`ML-8: ${text}: frozen, it costs a few timeouts and no failed request; thawed, it serves again`, async (context) => {
      const redis = await ownRedis(context);
      const { cache, events, results } = await join(context, text, redis.url, 'a');
      const storage = storageOf();
      await cache.read(storage.entity, 1);
      await waitUntil(async () => (await cache.read(storage.entity, 1))?.outcome !== 'load');
      redis.freeze();
      events.length = 0;
      const startedAtMs = performance.now();
      // Beginning with many at once: they wait together, not one after another.
      const together = await Promise.all(
        Array.from({ length: 50 }, async (_, id) => cache.read(storage.entity, 100 + id)),
      );
      for (let id = 200; id < 500; id += 1) together.push(await cache.read(storage.entity, id));
      await cache.write(storage.write(1));
      const tookMs = performance.now() - startedAtMs;
      assert.ok(together.every((read) => read?.version === 1));
      // Those that were under way when it froze, and one try for each second that the breaker is open.
      const attempts = results().filter((result) => result !== 'refused').length;
      assert.ok(attempts <= 50 + 10 + tookMs / 1_000, `${attempts} attempts`);
      // One after another they would take 350 times as long as a command may.
      assert.ok(tookMs < 100 * commandTimeoutMs, `${Math.round(tookMs)} ms`);
      events.length = 0;
      redis.thaw();
      await waitUntil(() => isAnswering(cache, results));
    });

    test(`${text}: killed, reads go to storage; started again, it serves again`, async (context) => {
      const redis = await ownRedis(context);
      const { cache, events, results } = await join(context, text, redis.url, 'a');
      const storage = storageOf();
      await cache.read(storage.entity, 1);
      await redis.kill();
      for (let id = 10; id < 200; id += 1) {
        assert.equal((await cache.read(storage.entity, id))?.version, 1);
        await cache.write(storage.write(id));
        assert.equal((await cache.read(storage.entity, id))?.version, 2);
      }
      events.length = 0;
      await redis.start();
      await waitUntil(() => isAnswering(cache, results));
      assert.equal((await cache.read(storage.entity, 10))?.version, 2);
    });
  }

  test('killed and started again while the clock of its world stands still, it serves again', async (context) => {
    const redis = await ownRedis(context);
    const { cache, events, results } = await join(
      context,
      'cache-aside:tiers=redis',
      redis.url,
      'a',
      createFakeClock(),
    );
    const storage = storageOf();
    await redis.kill();
    let id = 0;
    await waitUntil(async () => {
      id += 1;
      await cache.read(storage.entity, id);
      return results().includes('refused');
    });
    events.length = 0;
    await redis.start();
    await waitUntil(() => isAnswering(cache, results));
  });

  test('absent at the start: the service starts, and finds it later', async (context) => {
    const redis = await ownRedis(context);
    await redis.kill();
    const { cache, results } = await join(context, 'versioned', redis.url, 'a');
    const storage = storageOf();
    assert.equal((await cache.read(storage.entity, 1))?.outcome, 'load');
    await redis.start();
    await waitUntil(() => isAnswering(cache, results));
    await waitUntil(async () => (await cache.read(storage.entity, 1))?.outcome === 'local-hit');
  });

  test(
    'silent at the start: accepting and never answering holds the start up for a bounded time',
    { timeout: 180_000 },
    async (context) => {
      const sockets = new Set<Socket>();
      const server = createServer((socket) => {
        sockets.add(socket);
        socket.on('error', () => {});
      }).listen(0, '127.0.0.1');
      await once(server, 'listening');
      context.after(() => {
        for (const socket of sockets) socket.destroy();
        server.close();
      });
      const { port } = server.address() as AddressInfo;
      const { cache } = await join(context, 'versioned', `redis://127.0.0.1:${port}`, 'a');
      assert.equal((await cache.read(storageOf().entity, 1))?.outcome, 'load');
    },
  );
});

test('a full Redis: reads go on, and an invalidation still takes the old entry away', async (context) => {
  const redis = await ownRedis(context, '--maxmemory-policy', 'noeviction');
  const { cache, events, results } = await join(context, 'versioned:tiers=redis', redis.url, 'a');
  const storage = storageOf();
  const isInRedis = async (id: number) => (await cache.read(storage.entity, id))?.outcome === 'shared-hit';
  for (const id of [1, 2]) await waitUntil(() => isInRedis(id));
  await redis.command('CONFIG', 'SET', 'maxmemory', '1');
  for (let id = 10; id < 30; id += 1) assert.equal((await cache.read(storage.entity, id))?.version, 1);
  // A full Redis can still be read, though a busy machine may not hear it in time.
  await waitUntil(() => isInRedis(2));
  await cache.write(storage.write(1));
  assert.equal((await cache.read(storage.entity, 1))?.version, 2);
  assert.ok(results('set').includes('error'));
  assert.ok(!events.some((event) => event.type === 'invalidation' && event.outcome === 'failed'));
});
