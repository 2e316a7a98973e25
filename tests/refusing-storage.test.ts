import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import { startDurableRedis } from './support/own-redis.ts';
import { createRefusingStorage, refusals } from './support/refusing-storage.ts';
import type { RefusingStorage } from './support/refusing-storage.ts';
import { assertProblem, startTestApp } from './support/test-app.ts';
import type { TestApp } from './support/test-app.ts';
import { waitUntil } from './support/wait-until.ts';

const prefix = 'darkroom:test:';
type Name = keyof typeof refusals;

/** What each answers to writes, and whether it still reads for a request that nothing is cached for. */
const expected: Readonly<Record<Name, { readonly write: [number, string]; readonly reads: boolean }>> = {
  'is read-only': { write: [503, 'STORAGE_REFUSES_WRITES'], reads: true },
  'has a new password': { write: [503, 'STORAGE_UNAVAILABLE'], reads: false },
  'lets the role in no more': { write: [503, 'STORAGE_UNAVAILABLE'], reads: false },
  'has no connection left': { write: [503, 'STORAGE_UNAVAILABLE'], reads: false },
  'misses a grant': { write: [503, 'STORAGE_BUSY'], reads: true },
  'misses a table': { write: [500, 'INTERNAL'], reads: true },
  'has a full disk': { write: [503, 'STORAGE_REFUSES_WRITES'], reads: true },
};
const names = Object.keys(refusals) as Name[];
/** One of each kind: it takes no writes, nobody gets in, it has no room, nobody knows. */
const kinds: readonly Name[] = ['is read-only', 'has a new password', 'has a full disk', 'misses a table'];

describe('storage that refuses', () => {
  let app: TestApp;
  let storage: RefusingStorage;
  before(async () => {
    storage = await createRefusingStorage();
    app = await startTestApp({ candidate: 'ttl-only:tiers=memory,ttl=1h', databaseUrl: storage.url });
    assert.equal((await app.ask('GET', '/photos/10')).statusCode, 200);
  });
  after(async () => {
    await app.close();
    await storage.drop();
  });

  for (const [index, name] of names.entries())
    it(`and ${name} tells who writes to come again, and is read where it or a tier can answer`, async () => {
      const { write, reads } = expected[name];
      const like = { viewer: 1 + index };
      await storage.refuse(refusals[name]);
      try {
        // Where connections are refused, that is the answer, and asking again would not change it.
        const ask = write[1] === 'STORAGE_UNAVAILABLE' ? app.ask : app.askAgain;
        const response = await ask('PUT', '/photos/10/like', like);
        assertProblem(response, ...write);
        assert.equal(response.headers['retry-after'], write[0] === 503 ? '1' : undefined);
        assert.equal((await app.ask('GET', '/photos/10')).statusCode, 200);
        const uncached = await ask('GET', `/photos/${11 + index}`);
        if (reads) assert.equal(uncached.statusCode, 200);
        else assertProblem(uncached, 503, 'STORAGE_UNAVAILABLE');
      } finally {
        await storage.serve(refusals[name]);
      }
      assert.equal((await app.askAgain('PUT', '/photos/10/like', like)).statusCode, 200);
    });

  it('a row alone tells its writer that it is the row', async () => {
    await storage.sql('ALTER TABLE likes ADD CHECK (photo_id <> 20)');
    assertProblem(await app.askAgain('PUT', '/photos/20/like', { viewer: 7 }), 409, 'ROW_REFUSED');
    assert.equal((await app.askAgain('PUT', '/photos/21/like', { viewer: 7 })).statusCode, 200);
  });
});

/** A replica with write-behind that has the photos to be liked in memory. */
async function startWriteBehind(context: TestContext, parameters: string) {
  const [storage, redis] = [await createRefusingStorage(), await startDurableRedis()];
  const app = await startTestApp({
    candidate: `write-behind:ttl=1h,jitter=0,${parameters}`,
    databaseUrl: storage.url,
    environment: { REDIS_URL: redis.url, DARKROOM_REDIS_PREFIX: prefix },
  });
  context.after(async () => {
    await app.close();
    await redis.stop();
    await storage.drop();
  });
  for (const photoId of photos) assert.equal((await app.ask('GET', `/photos/${photoId}`)).statusCode, 200);
  const length = async (of = '') => Number(await redis.command('XLEN', `${prefix}write-behind${of}`));
  return { app, redis, storage, length };
}

const photos = Array.from({ length: 20 }, (_, index) => 10 + index);

const queued = async (app: TestApp, outcome: string): Promise<number> =>
  Number(
    new RegExp(`^cache_queued_writes_total\\{outcome="${outcome}"\\} (\\d+)`, 'm').exec(
      await app.metrics.registry.metrics(),
    )?.[1] ?? 0,
  );

/** Asks again where Redis had no time for it, and it went to storage, which has refused it. */
async function likeInQueue(app: TestApp, photoId: number, viewer: number): Promise<void> {
  await waitUntil(async () => {
    const { statusCode, body } = await app.ask('PUT', `/photos/${photoId}/like`, { viewer });
    assert.ok(statusCode === 200 || statusCode >= 500, body);
    return statusCode === 200;
  });
}

const likesOf = async ({ sql }: RefusingStorage, person: number): Promise<number[]> =>
  (await sql<{ id: number }>(`SELECT photo_id AS id FROM likes WHERE person_id = ${person} ORDER BY 1`)).map(
    ({ id }) => id,
  );

describe('likes that were acknowledged', () => {
  it('wait while storage refuses, without a count of attempts, and are stored afterwards', async (context) => {
    const { app, redis, storage, length } = await startWriteBehind(context, 'flush=20ms');
    for (const [index, name] of kinds.entries()) {
      await storage.refuse(refusals[name]);
      const failedBefore = await queued(app, 'failed');
      for (const photoId of photos) await likeInQueue(app, photoId, 7 + index);
      await waitUntil(async () => (await queued(app, 'failed')) >= failedBefore + photos.length);
      await storage.serve(refusals[name]);
    }
    assert.equal(await redis.command('EXISTS', `${prefix}write-behind:attempts`), 0);
    // What a replica has taken and not stored is taken again after five seconds.
    await waitUntil(async () => (await length()) === 0);
    for (const index of kinds.keys()) assert.deepEqual(await likesOf(storage, 7 + index), photos);
    assert.equal(await length(':dead-letters'), 0);
  });

  it('are refused with 503 once those that wait are as many as may', async (context) => {
    const { app, storage, length } = await startWriteBehind(context, 'flush=20ms,queue=5');
    await storage.refuse(refusals['is read-only']);
    const answers = [];
    for (const photoId of photos)
      answers.push(await app.ask('PUT', `/photos/${photoId}/like`, { viewer: 7 }));
    for (const answer of answers.slice(0, 5)) assert.equal(answer.statusCode, 200);
    for (const answer of answers.slice(5)) assertProblem(answer, 503, 'STORAGE_REFUSES_WRITES');
    await storage.serve(refusals['is read-only']);
    await waitUntil(async () => (await length()) === 0);
    assert.deepEqual(await likesOf(storage, 7), photos.slice(0, 5));
  });

  it('become dead letters, after three attempts, only where it is the row that storage refuses', async (context) => {
    const { app, storage, length } = await startWriteBehind(context, 'flush=20ms');
    await storage.sql('ALTER TABLE likes ADD CHECK (photo_id <> 13)');
    for (const photoId of photos) await likeInQueue(app, photoId, 7);
    await waitUntil(async () => (await length(':dead-letters')) === 1 && (await length()) === 0);
    assert.deepEqual(
      await likesOf(storage, 7),
      photos.filter((id) => id !== 13),
    );
  });
});
