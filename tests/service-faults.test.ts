import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import { serviceMetrics } from '../app/contract/service-metrics.ts';
import { operations } from '../app/contract/operations.ts';
import { commandTimeoutMs } from '../app/redis/redis-connection.ts';
import { createCuttableLink } from './support/cuttable-link.ts';
import { createTestRedis } from './support/databases.ts';
import { perform } from './support/photo-operations.ts';
import type { PhotoOperation } from './support/photo-operations.ts';
import { assertProblem, createSeededDatabase, startTestApp } from './support/test-app.ts';
import type { TestApp } from './support/test-app.ts';
import { waitUntil } from './support/wait-until.ts';

/** The service with both of its servers behind links that can be cut. */
async function startLinked(context: TestContext, candidate: string) {
  const database = await createSeededDatabase();
  const { url, keyPrefix } = createTestRedis();
  const [storageLink, redisLink] = [await createCuttableLink(database.url), await createCuttableLink(url)];
  const app = await startTestApp({
    candidate,
    databaseUrl: storageLink.url,
    environment: { REDIS_URL: redisLink.url, DARKROOM_REDIS_PREFIX: keyPrefix },
  });
  context.after(async () => {
    await Promise.all([storageLink.mend(), redisLink.mend()]);
    await app.close();
    await Promise.all([storageLink.close(), redisLink.close()]);
    await database.drop();
  });
  return { app, storageLink, redisLink };
}

const names = Object.keys(operations).filter((name) => name !== 'image') as PhotoOperation[];

/** Performs every operation once, the last one being the deletion of the photo. Returns the longest time it took. */
async function performAll(app: TestApp, photoId: number): Promise<number> {
  let longestMs = 0;
  for (const name of names) {
    const startedAtMs = performance.now();
    const response = await perform(app, name, photoId);
    longestMs = Math.max(longestMs, performance.now() - startedAtMs);
    assert.ok(response.statusCode < 300, `${name}: ${response.statusCode} ${response.body}`);
  }
  return longestMs;
}

const answersFrom = async (app: TestApp, tier: string): Promise<boolean> =>
  String((await perform(app, 'profileGrid', 1)).headers['cache-status']).startsWith(`${tier}; hit`);

/** Commands to Redis that were not answered. */
async function unansweredCommands(app: TestApp): Promise<number> {
  const text = await app.metrics.registry.metrics();
  const name = serviceMetrics.cacheOperationFailures.name;
  const counts = text.matchAll(
    new RegExp(`^${name}\\{.*cache_tier="redis".*cache_result="error".*\\} (\\d+)$`, 'gm'),
  );
  return [...counts].reduce((sum, [, count]) => sum + Number(count), 0);
}

/** Whether the service tells that it leaves Redis alone. */
async function tellsOpenCircuit(app: TestApp): Promise<boolean> {
  const text = await app.metrics.registry.metrics();
  const [, value] = /^cache_circuit_open\{[^}]*cache_tier="redis"[^}]*\} ([01])$/m.exec(text) ?? [];
  assert.ok(value !== undefined, text);
  return value === '1';
}

/** The photo as it is shown, and what storage says of it, must agree on the version. */
async function assertFresh(app: TestApp, photoId: number): Promise<void> {
  const response = await perform(app, 'photoPage', photoId);
  assert.equal(response.statusCode, 200, response.body);
  const [row] = await app.sql<{ version: number }>('SELECT version FROM photos WHERE id = $1', [photoId]);
  assert.equal(response.headers['darkroom-entry-version'], String(row?.version));
}

describe('every operation is answered', () => {
  for (const candidate of ['cache-aside', 'cache-aside:tiers=redis', 'versioned', 'versioned:tiers=redis']) {
    const tier = candidate.includes('tiers=redis') ? 'redis' : 'memory';

    it(`ML-8: when Redis dies: ${candidate}`, async (context) => {
      const { app, redisLink } = await startLinked(context, candidate);
      await waitUntil(() => answersFrom(app, tier));
      await redisLink.cut();
      for (let photoId = 1; photoId <= 3; photoId += 1) await performAll(app, photoId);
      await perform(app, 'like', 4);
      await assertFresh(app, 4);
      assert.equal((await app.ask('GET', '/health/ready')).statusCode, 200);
      await redisLink.mend();
      await waitUntil(() => answersFrom(app, tier));
      await performAll(app, 5);
    });

    it(`ML-8: when Redis freezes, in bounded time: ${candidate}`, async (context) => {
      const { app, redisLink } = await startLinked(context, candidate);
      await waitUntil(() => answersFrom(app, tier));
      assert.equal(await tellsOpenCircuit(app), false);
      redisLink.freeze();
      // Each waits for a few commands at most, until the breaker opens: then one command a second is waited for.
      const longestMs = await performAll(app, 1);
      assert.ok(longestMs < 50 * commandTimeoutMs, `${Math.round(longestMs)} ms`);
      assert.equal(await tellsOpenCircuit(app), true);
      const [unanswered, startedAtMs] = [await unansweredCommands(app), performance.now()];
      assert.ok(unanswered > 0);
      for (let photoId = 2; photoId <= 5; photoId += 1) await performAll(app, photoId);
      const waits = (await unansweredCommands(app)) - unanswered;
      const seconds = (performance.now() - startedAtMs) / 1_000;
      assert.ok(waits <= 1 + seconds, `${waits} commands were waited for in ${seconds} s`);
      await redisLink.mend();
      await waitUntil(() => answersFrom(app, tier));
      // Whoever answers from memory does not notice.
      await waitUntil(async () => {
        await perform(app, 'comment', 13);
        return !(await tellsOpenCircuit(app));
      });
      await performAll(app, 12);
    });
  }
});

describe('without storage', () => {
  it('what is cached is still shown, the rest is 503, and it comes back by itself', async (context) => {
    const { app, storageLink } = await startLinked(context, 'versioned');
    await waitUntil(() => answersFrom(app, 'memory'));
    await storageLink.cut();
    assert.equal((await perform(app, 'profileGrid', 1)).statusCode, 200);
    assertProblem(await perform(app, 'photoPage', 7), 503, 'STORAGE_UNAVAILABLE');
    assertProblem(await perform(app, 'like', 7), 503, 'STORAGE_UNAVAILABLE');
    assertProblem(await perform(app, 'post', 7), 503, 'STORAGE_UNAVAILABLE');
    assert.equal((await app.ask('GET', '/health/live')).statusCode, 200);
    assert.equal((await app.ask('GET', '/health/ready')).statusCode, 503);
    await storageLink.mend();
    await waitUntil(async () => (await app.ask('GET', '/health/ready')).statusCode === 200);
    await performAll(app, 7);
  });

  it('that accepts and never answers, nobody waits for ever', { timeout: 180_000 }, async (context) => {
    const { app, storageLink } = await startLinked(context, 'no-cache');
    await performAll(app, 1);
    storageLink.freeze();
    const asked = (['photoPage', 'feedPage', 'like', 'comment', 'editCaption'] as const).map((name) =>
      perform(app, name, 7),
    );
    for (const response of await Promise.all(asked)) assertProblem(response, 503, 'STORAGE_UNAVAILABLE');
    await storageLink.mend();
    await waitUntil(async () => (await app.ask('GET', '/health/ready')).statusCode === 200);
    await performAll(app, 8);
  });

  it('with more requests than can wait for it, the surplus is refused at once', async (context) => {
    const { app, storageLink } = await startLinked(context, 'no-cache');
    await perform(app, 'photoPage', 1);
    storageLink.freeze();
    const asked = Array.from({ length: 200 }, () => perform(app, 'photoPage', 1));
    const codes = Map.groupBy(await Promise.all(asked), (response) => response.json<{ code: string }>().code);
    // Four may have a connection, and eighty wait for one.
    const refused = codes.get('OVERLOADED')?.length ?? 0;
    assert.ok(refused >= 200 - 84 && refused <= 200 - 80, `${refused} refused`);
    assert.equal(codes.get('STORAGE_UNAVAILABLE')?.length, 200 - refused);
    assert.ok(codes.get('OVERLOADED')?.every(({ headers }) => headers['retry-after'] === '1'));
  });
});
