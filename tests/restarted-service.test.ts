import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { createTestRedis } from './support/databases.ts';
import { createSeededDatabase, startTestApp } from './support/test-app.ts';
import type { TestApp } from './support/test-app.ts';

const paths = Array.from({ length: 30 }, (_, index) => `/photos/${index + 1}`);
const database = await createSeededDatabase();
after(() => database.drop());

/** What one service was asked from its start on: who answered, and how many reads storage was asked for. */
async function visit(app: TestApp) {
  const before = await app.counters();
  const tiers: string[] = [];
  for (const path of paths) {
    const { statusCode, headers } = await app.ask('GET', path);
    assert.equal(statusCode, 200, path);
    tiers.push(String(headers['cache-status']).split(';', 2).join(';'));
  }
  const { cache } = await app.counters();
  const stored = ({ loads, bypasses }: typeof cache): number => loads + bypasses;
  return { tiers: new Set(tiers), stored: stored(cache) - stored(before.cache) };
}

async function withApp<T>(
  candidate: string,
  redis: { readonly url: string; readonly keyPrefix: string },
  work: (app: TestApp) => Promise<T>,
): Promise<T> {
  const app = await startTestApp({
    candidate,
    databaseUrl: database.url,
    environment: { REDIS_URL: redis.url, DARKROOM_REDIS_PREFIX: redis.keyPrefix },
  });
  try {
    return await work(app);
  } finally {
    await app.close();
  }
}

test('ML-3: after a restart memory has nothing and redis has everything: storage is not asked as at a cold start', async () => {
  const redis = createTestRedis();
  const candidate = 'versioned:ttl=1h';
  const cold = await withApp(candidate, redis, visit);
  const restarted = await withApp(candidate, redis, visit);
  const uncached = await withApp('no-cache', redis, visit);
  assert.deepEqual([...cold.tiers], ['redis; fwd=miss']);
  assert.deepEqual([...restarted.tiers], ['redis; hit'], 'no answer came from memory, and none from storage');
  assert.equal(cold.stored, paths.length);
  assert.equal(restarted.stored, 0);
  assert.equal(uncached.stored, paths.length);
});

test('ML-3: what lived in memory alone is gone with the process', async () => {
  const redis = createTestRedis();
  const candidate = 'versioned:ttl=1h,tiers=memory';
  const cold = await withApp(candidate, redis, visit);
  const restarted = await withApp(candidate, redis, visit);
  assert.deepEqual([cold.stored, restarted.stored], [paths.length, paths.length]);
});
