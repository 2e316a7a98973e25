import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import { startDurableRedis, startOwnRedis } from './support/own-redis.ts';
import type { OwnRedis } from './support/own-redis.ts';
import { startTestApp } from './support/test-app.ts';
import type { TestApp } from './support/test-app.ts';
import { waitUntil } from './support/wait-until.ts';

async function start(context: TestContext, candidate: string): Promise<{ app: TestApp; redis: OwnRedis }> {
  const redis = candidate.startsWith('write-behind') ? await startDurableRedis() : await startOwnRedis();
  const app = await startTestApp({ candidate, environment: { REDIS_URL: redis.url } });
  context.after(async () => {
    await app.close();
    await redis.stop();
  });
  await waitUntil(async () =>
    (await statusOf(app, 1)).startsWith(candidate.includes('tiers=redis') ? 'redis; hit' : 'memory; hit'),
  );
  return { app, redis };
}

const statusOf = async (app: TestApp, photoId: number): Promise<string> =>
  String((await app.ask('GET', `/photos/${photoId}`)).headers['cache-status']);

const refuseWrites = (redis: OwnRedis) => redis.command('CONFIG', 'SET', 'min-replicas-to-write', '1');

describe('what a response calls stored is', () => {
  for (const candidate of ['cache-aside', 'versioned', 'lease', 'write-behind']) {
    it(`in both tiers while both work: ${candidate}`, async (context) => {
      const { app, redis } = await start(context, candidate);
      assert.equal(await statusOf(app, 3), 'redis; fwd=miss; stored, memory; fwd=miss; stored');
      assert.equal(await redis.command('EXISTS', 'darkroom:photo:3'), 1);
      assert.match(await statusOf(app, 3), /^memory; hit/);
    });
  }

  it('in redis alone where memory waits for the next read: client-tracking', async (context) => {
    const { app } = await start(context, 'client-tracking');
    assert.equal(await statusOf(app, 3), 'redis; fwd=miss; stored, memory; fwd=miss');
    assert.match(await statusOf(app, 3), /^redis; hit; ttl=\d+, memory; fwd=miss; stored$/);
    assert.match(await statusOf(app, 3), /^memory; hit/);
  });

  it('not in a memory that lets only hot keys in', async (context) => {
    const { app } = await start(context, 'cache-aside:promotion=hot');
    assert.equal(await statusOf(app, 3), 'redis; fwd=miss; stored, memory; fwd=miss');
    assert.match(await statusOf(app, 3), /^redis; hit; ttl=\d+, memory; fwd=miss; stored$/);
  });

  for (const candidate of ['cache-aside', 'versioned', 'lease'])
    it(`not in a Redis that refuses it: ${candidate}`, async (context) => {
      const { app, redis } = await start(context, candidate);
      await refuseWrites(redis);
      assert.equal(await statusOf(app, 3), 'redis; fwd=miss, memory; fwd=miss; stored');
      assert.equal(await redis.command('EXISTS', 'darkroom:photo:3'), 0);
    });

  it('not in a Redis that is dead, nor anywhere where it is the only tier', async (context) => {
    const { app, redis } = await start(context, 'cache-aside:tiers=redis');
    assert.equal(await statusOf(app, 3), 'redis; fwd=miss; stored');
    await redis.kill();
    for (let read = 0; read < 3; read += 1) assert.equal(await statusOf(app, 4), 'redis; fwd=miss');
  });

  it('nowhere while nothing can be heard of writes', async (context) => {
    const { app, redis } = await start(context, 'versioned');
    await redis.kill();
    await waitUntil(async () => (await statusOf(app, 1)) === 'redis; fwd=miss, memory; fwd=miss');
    assert.equal(await statusOf(app, 3), 'redis; fwd=miss, memory; fwd=miss');
  });
});
