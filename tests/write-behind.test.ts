import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import pg from 'pg';
import { headers } from '../app/contract/headers.ts';
import { createCuttableLink } from './support/cuttable-link.ts';
import { startDurableRedis } from './support/own-redis.ts';
import type { OwnRedis } from './support/own-redis.ts';
import { startServiceProcess } from './support/service-process.ts';
import type { ServiceProcess } from './support/service-process.ts';
import { assertProblem, createSeededDatabase, startTestApp } from './support/test-app.ts';
import type { TestApp } from './support/test-app.ts';
import { village } from './support/village-rows.ts';
import { waitUntil } from './support/wait-until.ts';

const prefix = 'darkroom:test:';

/** A seeded database, and a Redis that keeps what it acknowledges. */
async function startStores(context: TestContext) {
  const redis = await startDurableRedis();
  const database = await createSeededDatabase();
  const admin = new pg.Pool({ connectionString: database.url, max: 1 });
  admin.on('error', () => {});
  context.after(async () => {
    await admin.end();
    await database.drop();
    await redis.stop();
  });
  const likes = async (): Promise<Set<string>> => {
    const { rows } = await admin.query<{ pair: string }>(
      `SELECT photo_id || ' ' || person_id AS pair FROM likes WHERE photo_id <> $1`,
      [village.discussed],
    );
    return new Set(rows.map(({ pair }) => pair));
  };
  /** Photos whose count is not that of their rows. */
  const miscounted = async (): Promise<{ id: number }[]> => {
    const { rows } = await admin.query<{ id: number }>(
      `SELECT id FROM photos
       WHERE like_count <> (SELECT count(*) FROM likes WHERE photo_id = photos.id)`,
    );
    return rows;
  };
  return { redis, database, likes, miscounted };
}

type Stores = Awaited<ReturnType<typeof startStores>>;

const waiting = async (redis: OwnRedis): Promise<number> =>
  Number(await redis.command('XLEN', `${prefix}write-behind`));

const like = (app: TestApp, photoId: number, viewer: number) =>
  app.ask('PUT', `/photos/${photoId}/like`, { viewer });

const numberOfLikes = async (app: TestApp, photoId: number): Promise<number> =>
  (await app.ask('GET', `/photos/${photoId}`)).json<{ numberOfLikes: number }>().numberOfLikes;

async function startApp(
  context: TestContext,
  stores: Stores,
  candidate: string,
  redisUrl = stores.redis.url,
) {
  const app = await startTestApp({
    candidate,
    databaseUrl: stores.database.url,
    environment: { REDIS_URL: redisUrl, DARKROOM_REDIS_PREFIX: prefix },
  });
  context.after(() => app.close());
  return app;
}

describe('a like with write-behind', () => {
  it('is acknowledged before storage has it, and is seen once it has', async (context) => {
    const stores = await startStores(context);
    const one = await startApp(context, stores, 'write-behind:flush=1h');
    assert.equal(await numberOfLikes(one, 10), 0);
    for (let time = 0; time < 2; time += 1)
      assert.deepEqual((await like(one, 10, 7)).json(), { numberOfLikes: 1, version: 1 });
    assert.deepEqual(await stores.likes(), new Set());
    assert.equal(await numberOfLikes(one, 10), 0);
    const other = await startApp(context, stores, 'write-behind:flush=20ms');
    assert.equal((await like(other, 11, 7)).statusCode, 200);
    for (const app of [one, other]) await waitUntil(async () => (await numberOfLikes(app, 10)) === 1);
    // The look of each second may have taken the first of them alone.
    await waitUntil(async () => (await stores.likes()).size === 2 && (await waiting(stores.redis)) === 0);
    assert.deepEqual(await stores.likes(), new Set(['10 7', '11 7']));
    assert.deepEqual(await stores.miscounted(), []);
  });

  it('of one who likes the photo already is answered with the count as it is, wherever that like is', async (context) => {
    const stores = await startStores(context);
    const app = await startApp(context, stores, 'write-behind:flush=20ms');
    // This replica keeps what it has read, and hears of flushes by others late.
    const other = await startApp(context, stores, 'write-behind:flush=1h,invalidation=ttl,ttl=1h');
    for (const replica of [app, other]) assert.equal(await numberOfLikes(replica, 10), 0);
    const answers = async () => {
      const given = [];
      for (const replica of [app, other, app, other]) given.push((await like(replica, 10, 7)).json());
      return given.map(({ numberOfLikes: likes }: { numberOfLikes: number }) => likes);
    };
    assert.deepEqual(await answers(), [1, 1, 1, 1]);
    await waitUntil(async () => (await stores.likes()).has('10 7'));
    assert.deepEqual(await answers(), [1, 1, 1, 1]);
    // One that was there before anything was queued.
    assert.equal((await like(app, village.discussed, 2)).json<{ numberOfLikes: number }>().numberOfLikes, 3);
    await waitUntil(async () => (await waiting(stores.redis)) === 0);
    assert.deepEqual(await stores.miscounted(), []);
  });

  it('of a photo that does not exist is refused, and of nobody is passed over', async (context) => {
    const stores = await startStores(context);
    const app = await startApp(context, stores, 'write-behind:flush=20ms');
    assertProblem(await like(app, village.nobody, 7), 404, 'NOT_FOUND');
    assert.equal(await waiting(stores.redis), 0);
    assert.equal((await like(app, 10, village.nobody)).statusCode, 200);
    assert.equal((await like(app, 11, 7)).statusCode, 200);
    await waitUntil(async () => (await waiting(stores.redis)) === 0);
    assert.deepEqual(await stores.likes(), new Set(['11 7']));
    assert.deepEqual(await stores.miscounted(), []);
  });

  it('goes to storage at once when the queue is full', async (context) => {
    const stores = await startStores(context);
    // Storage is not asked for what waits, so that the queue stays as it is.
    const filler = await startApp(context, stores, 'write-behind:flush=1h,queue=1000');
    let person = 2;
    await waitUntil(async () => {
      await like(filler, 10, (person += 1));
      return (await waiting(stores.redis)) === 2;
    });
    const app = await startApp(context, stores, 'write-behind:flush=1h,queue=2');
    assert.deepEqual((await like(app, 11, 7)).json(), { numberOfLikes: 1, version: 2 });
    assert.ok((await stores.likes()).has('11 7'));
    assert.match(await app.metrics.registry.metrics(), /cache_queued_writes_total\{outcome="full"\} 1/);
  });

  it('goes to storage at once when Redis dies, and when it freezes', async (context) => {
    const stores = await startStores(context);
    const link = await createCuttableLink(stores.redis.url);
    const app = await startApp(context, stores, 'write-behind:flush=1h', link.url);
    context.after(() => link.close());
    await link.cut();
    assert.deepEqual((await like(app, 10, 7)).json(), { numberOfLikes: 1, version: 2 });
    assert.deepEqual(await stores.likes(), new Set(['10 7']));
    await link.mend();
    await waitUntil(async () => {
      await like(app, 11, 7);
      return (await waiting(stores.redis)) > 0;
    });
    link.freeze();
    assert.equal((await like(app, 12, 7)).statusCode, 200);
    assert.ok((await stores.likes()).has('12 7'));
    await link.mend();
  });
});

/** One process of the service on these stores. */
function startReplica(context: TestContext, stores: Stores, candidate: string): ServiceProcess {
  const service = startServiceProcess({
    DARKROOM_CANDIDATE: candidate,
    DARKROOM_LAB_MODE: '1',
    DARKROOM_LAB_TOKEN: 'token of a test',
    DARKROOM_MEDIA_DIR: tmpdir(),
    DARKROOM_LOG_LEVEL: 'error',
    DARKROOM_REDIS_PREFIX: prefix,
    DATABASE_URL: stores.database.url,
    REDIS_URL: stores.redis.url,
  });
  context.after(() => service.stop());
  return service;
}

/**
 * Likes one pair after another, eight at once, until a request fails. Tells each acknowledged pair: one that was refused, as while a busy
 * machine opens connections to storage, is none.
 */
async function likeUntilItFails(ports: readonly (number | null)[], onAcknowledged: (pair: string) => void) {
  const pairs = Array.from({ length: 39 * 30 }, (_, index) => [2 + (index % 39), 1 + Math.floor(index / 39)]);
  const next = pairs.entries();
  const work = async (): Promise<void> => {
    for (const [index, [photoId, personId]] of next) {
      const port = ports[index % ports.length];
      const response = await fetch(`http://127.0.0.1:${port}/photos/${photoId}/like`, {
        method: 'PUT',
        headers: { [headers.viewer]: String(personId) },
      }).catch(() => null);
      if (response === null) return;
      if (response.status === 503) continue;
      assert.equal(response.status, 200);
      onAcknowledged(`${photoId} ${personId}`);
    }
  };
  await Promise.all(Array.from({ length: 8 }, work));
}

for (const flush of ['1h', '5ms']) {
  it(`every acknowledged like survives kill -9 of both replicas and of Redis: flush=${flush}`, async (context) => {
    const stores = await startStores(context);
    const { redis } = stores;
    const replicas = [1, 2].map(() => startReplica(context, stores, `write-behind:flush=${flush}`));
    const ports = (await Promise.all(replicas.map(({ listening }) => listening))).map(({ http }) => http);
    const acknowledged = new Set<string>();
    let killed: Promise<unknown> | undefined;
    await likeUntilItFails(ports, (pair) => {
      acknowledged.add(pair);
      if (acknowledged.size === 300)
        killed = Promise.all([redis.kill(), ...replicas.map((replica) => replica.stop())]);
    });
    await killed;
    assert.ok(acknowledged.size >= 300 && acknowledged.size < 600, String(acknowledged.size));
    // Redis may die a moment before the replicas, whose last writes then go to storage at once; the others are not there yet.
    if (flush === '1h') assert.ok((await stores.likes()).size < 50);
    await redis.start();
    // The heir.
    await startApp(context, stores, 'write-behind:flush=20ms');
    // What a dead replica has taken is given up for lost after five seconds.
    await waitUntil(async () => (await waiting(redis)) === 0);
    const stored = await stores.likes();
    assert.deepEqual(
      [...acknowledged].filter((pair) => !stored.has(pair)),
      [],
    );
    assert.deepEqual(await stores.miscounted(), []);
    assert.equal(await redis.command('XLEN', `${prefix}write-behind:dead-letters`), 0);
  });
}

it('the service does not start with a Redis that may lose the queue, and says what to set', async (context) => {
  const stores = await startStores(context);
  await stores.redis.command('CONFIG', 'SET', 'appendfsync', 'everysec');
  const service = startReplica(context, stores, 'write-behind');
  assert.equal((await service.exited).code, 2);
  assert.match(service.stderr(), /REDIS_NOT_DURABLE: .* set appendfsync always\.\n$/);
  assert.doesNotMatch(service.stderr(), /\bat .*\.ts:/);
});
