import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { TestContext } from 'node:test';
import pg from 'pg';
import { counterMetrics } from '../app/contract/counter-metrics.ts';
import { headers } from '../app/contract/headers.ts';
import { openCounterWorld } from './support/counter-world.ts';
import { killProcess } from './support/kill-process.ts';
import { createTestRedis } from './support/databases.ts';
import { startOwnRedis } from './support/own-redis.ts';
import { startServiceProcess } from './support/service-process.ts';
import type { ServiceProcess } from './support/service-process.ts';
import { createSeededDatabase } from './support/test-app.ts';
import { waitUntil } from './support/wait-until.ts';
import { askAgain } from './support/ask-again.ts';

let database: { readonly url: string; drop(): Promise<void> };
let admin: pg.Client;
const redis = createTestRedis();
before(async () => {
  database = await createSeededDatabase();
  admin = new pg.Client({ connectionString: database.url });
  await admin.connect();
});
after(async () => {
  await admin.end();
  await database.drop();
});

async function start(
  context: TestContext,
  program: 'main.ts' | 'processes/rollup-worker.ts',
  candidate: string,
): Promise<ServiceProcess> {
  const started = startServiceProcess(
    {
      DARKROOM_CANDIDATE: `no-cache:${candidate}`,
      DARKROOM_TELEMETRY: 'metrics',
      DARKROOM_LOG_LEVEL: 'error',
      DARKROOM_LAB_MODE: '1',
      DARKROOM_LAB_TOKEN: 'token of a test',
      DARKROOM_REPLICA: 'tested-1',
      DATABASE_URL: database.url,
      REDIS_URL: redis.url,
      DARKROOM_REDIS_PREFIX: redis.keyPrefix,
    },
    program,
  );
  context.after(() => started.stop());
  await started.listening;
  return started;
}

/** Asks again as a client is told: a busy machine may take longer to connect to storage than a request waits. */
async function ask(service: ServiceProcess, method: string, path: string, body?: object): Promise<Response> {
  const { http } = await service.listening;
  const request = () =>
    fetch(`http://127.0.0.1:${http}/counters/lab/${path}`, {
      method,
      headers: { [headers.viewer]: '7', 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  return askAgain(request, ({ status }) => status === 503);
}

async function add(service: ServiceProcess, counter: string, delta: number): Promise<void> {
  const answer = await ask(service, 'POST', `${counter}/add`, { delta });
  assert.equal(answer.status, 202, await answer.text());
}

const countOf = async (service: ServiceProcess, counter: string): Promise<number> =>
  ((await (await ask(service, 'GET', counter)).json()) as { count: number }).count;

/** The sum of all series of a metric, or of those with this label. */
async function metricOf(of: ServiceProcess, name: string, label = ''): Promise<number> {
  const { metrics } = await of.listening;
  const text = await (await fetch(`http://127.0.0.1:${metrics}/metrics`)).text();
  const series = [...text.matchAll(new RegExp(`^${name}({[^}]*})? (\\S+)$`, 'gm'))];
  return series
    .filter(([, labels = '']) => labels.includes(label))
    .reduce((sum, [, , value]) => sum + Number(value), 0);
}

/**
 * Each operation on an eventual counter is a hint, which the service sends a moment after its answer, and on a busy machine later: a
 * worker that is started before would hear of counters of which nobody knows.
 */
const hintsAreOut = (service: ServiceProcess): Promise<void> =>
  waitUntil(async () => {
    const done = await metricOf(service, counterMetrics.counterOperations.name, 'outcome="ok"');
    return (await metricOf(service, counterMetrics.counterRollupEvents.name)) >= done;
  });

async function rowsOf<Row extends object>(text: string): Promise<readonly Row[]> {
  return (await admin.query<Row>(text)).rows;
}

const names = Array.from({ length: 40 }, (_, index) => `stale-${index}`);
const rolledUp = async (): Promise<number> =>
  (await rowsOf(`SELECT FROM counter_rollups WHERE counter LIKE 'stale-%'`)).length;

/** Reads these counters now and then until it is so. A hint may be lost, on a busy machine above all: then the next read is another one. */
const readingUntil = (
  service: ServiceProcess,
  counters: readonly string[],
  isSo: (counts: readonly number[]) => boolean | Promise<boolean>,
): Promise<void> =>
  waitUntil(
    async () => isSo(await Promise.all(counters.map((counter) => countOf(service, counter)))),
    undefined,
    100,
  );

test('DC-9: counters in the queue of a worker that is killed stay stale until they are read, and heal within a cycle', async (context) => {
  const service = await start(context, 'main.ts', 'counter=eventual,window=100ms');
  // It gathers for an hour: whatever it hears of is in its queues when it is killed.
  const first = await start(
    context,
    'processes/rollup-worker.ts',
    'counter=eventual,window=100ms,coalesce=1h',
  );
  await Promise.all(names.map((name) => add(service, name, 3)));
  await readingUntil(
    service,
    names,
    async () => (await metricOf(first, counterMetrics.counterQueueLength.name)) === names.length,
  );
  killProcess(first.child.pid);
  await first.exited;
  await hintsAreOut(service);

  const second = await start(
    context,
    'processes/rollup-worker.ts',
    'counter=eventual,window=100ms,coalesce=50ms',
  );
  await add(service, 'fresh', 1);
  await readingUntil(service, ['fresh'], ([count]) => count === 1);
  assert.equal(await rolledUp(), 0, 'nobody knows of them any more');

  assert.equal(await countOf(service, names[0] ?? ''), 0, 'the first read still is stale');
  await readingUntil(service, names, (counts) => counts.every((count) => count === 3));
  assert.equal(await rolledUp(), names.length);

  killProcess(second.child.pid);
  await second.exited;
  await hintsAreOut(service);

  // One that is told to end rolls up first what it has heard of, though it would have gathered for an hour.
  const third = await start(
    context,
    'processes/rollup-worker.ts',
    'counter=eventual,window=100ms,coalesce=1h',
  );
  await add(service, 'drained', 5);
  await readingUntil(
    service,
    ['drained'],
    async () => (await metricOf(third, counterMetrics.counterQueueLength.name)) === 1,
  );
  const drained = `SELECT count::integer FROM counter_rollups WHERE counter = 'drained'`;
  assert.deepEqual(await rowsOf(drained), []);
  third.child.kill('SIGTERM');
  assert.deepEqual(await third.exited, { code: 0, signal: null });
  assert.deepEqual(third.told.at(-1), { type: 'drained' });
  assert.deepEqual(await rowsOf(drained), [{ count: 5 }]);
});

test('DC-3: a service that is killed between the write and its answer has counted, and the retry counts no second time', async (context) => {
  const candidate = 'counter=accurate,window=10m';
  const stallLock = 4_712;
  await admin.query(`
    CREATE FUNCTION stall_event() RETURNS trigger LANGUAGE plpgsql SET lock_timeout = 0 AS $$
    BEGIN
      IF NEW.token = 'stalls' THEN PERFORM pg_advisory_xact_lock(${stallLock}); END IF;
      RETURN NEW;
    END $$;
    CREATE TRIGGER stall_event BEFORE INSERT ON counter_events FOR EACH ROW EXECUTE FUNCTION stall_event()`);
  await admin.query(`SELECT pg_advisory_lock(${stallLock})`);
  const first = await start(context, 'main.ts', candidate);
  const add = { delta: 4, idempotencyToken: { token: 'stalls', generationTime: new Date().toISOString() } };
  const answer = ask(first, 'POST', 'killed/add', add).then(
    () => 'answered',
    () => 'lost',
  );
  // Other tests wait for locks on the same server, in databases of their own.
  const waiting = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'advisory'`;
  await waitUntil(async () => (await rowsOf(waiting)).length > 0);
  killProcess(first.child.pid);
  // Storage does not know that nobody waits for its answer, and lets no statement wait for long.
  await admin.query(`SELECT pg_advisory_unlock(${stallLock})`);
  await first.exited;
  assert.equal(await answer, 'lost');
  await waitUntil(
    async () => (await rowsOf(`SELECT FROM counter_events WHERE token = 'stalls'`)).length === 1,
  );

  const second = await start(context, 'main.ts', candidate);
  assert.equal(await countOf(second, 'killed'), 4);
  const again = await ask(second, 'POST', 'killed/add', add);
  assert.equal(again.status, 202, await again.text());
  assert.equal(await countOf(second, 'killed'), 4);
});

test('while Redis is away eventual counters are read from storage, and best-effort ones are gone with it', async (context) => {
  const own = await startOwnRedis();
  context.after(() => own.stop());
  const announced = { sent: 0, dropped: 0, coalesced: 0 };
  const world = await openCounterWorld(context, {
    redis: { url: own.url, keyPrefix: 'x:' },
    text: JSON.stringify({
      quick: { type: 'best-effort' },
      late: { type: 'eventual' },
      exact: { type: 'accurate' },
    }),
  });
  const counters = await world.open({
    observe: {
      announced: (outcome, count) => {
        announced[outcome] += count;
      },
    },
  });
  const worker = world.worker();
  const keys = ['quick', 'late', 'exact'].map((namespace) => ({ namespace, counter: 'kept' }));
  const [quick, late, exact] = keys as [(typeof keys)[0], (typeof keys)[0], (typeof keys)[0]];
  const countsOf = async () => (await counters.getMany(keys)).map(({ count }) => count);
  for (const key of keys) await counters.add(key, { delta: 5 });
  await world.settle(worker, ['late:kept', 'exact:kept']);
  assert.deepEqual(await countsOf(), [5, 5, 5]);

  await own.kill();
  await assert.rejects(counters.add(quick, { delta: 1 }), { code: 'COUNTER_CACHE_UNAVAILABLE' });
  await assert.rejects(counters.get(quick), { code: 'COUNTER_CACHE_UNAVAILABLE' });
  await counters.add(late, { delta: 2 });
  await counters.add(exact, { delta: 2 });
  assert.equal((await counters.get(late)).count, 5, 'as it was rolled up');
  assert.equal((await counters.get(exact)).count, 7);
  await waitUntil(() => announced.dropped > 0);
  // A worker goes on without Redis, when it knows of the counter.
  await world.settle(worker, ['late:kept']);
  assert.equal((await counters.get(late)).count, 7);

  await own.start();
  await waitUntil(() =>
    counters.get(quick).then(
      ({ count }) => count === 0,
      () => false,
    ),
  );
  await waitUntil(
    async () =>
      (await world.cache.readMany([late]).catch(() => []))[0]?.count === '7' ||
      (await counters.get(late)).count !== 7,
  );
  assert.deepEqual(await countsOf(), [0, 7, 7], 'what Redis alone had is lost');
});
