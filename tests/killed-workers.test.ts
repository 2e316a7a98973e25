import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { TestContext } from 'node:test';
import pg from 'pg';
import { workerMetrics } from '../app/contract/worker-metrics.ts';
import { createLikeStore } from '../app/likes/like-store.ts';
import { createStorage } from '../app/storage/postgres.ts';
import type { Storage } from '../app/storage/postgres.ts';
import { killProcess } from './support/kill-process.ts';
import { startServiceProcess } from './support/service-process.ts';
import type { ServiceProcess } from './support/service-process.ts';
import { createSeededDatabase } from './support/test-app.ts';
import { waitUntil } from './support/wait-until.ts';

let database: { readonly url: string; drop(): Promise<void> };
let storage: Storage;
let admin: pg.Client;
/** Held by the test: whoever comes to the message in `stalls` waits for it in the middle of its batch. */
const stallLock = 4_711;

before(async () => {
  database = await createSeededDatabase();
  storage = createStorage(database.url, 2, () => {}, { hasOutbox: true });
  admin = new pg.Client({ connectionString: database.url });
  await admin.connect();
  // Each time that the log of activity is given a message and keeps it, whether it had it before or not.
  await admin.query(`
    CREATE TABLE given (number bigserial, message_id bigint, author_id integer);
    CREATE TABLE stalls (message_id bigint);
    CREATE FUNCTION watch_activity() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      INSERT INTO given (message_id, author_id) VALUES (NEW.message_id, NEW.user_id);
      IF NEW.message_id IN (SELECT message_id FROM stalls) THEN PERFORM pg_advisory_xact_lock(${stallLock}); END IF;
      RETURN NEW;
    END $$;
    CREATE TRIGGER watch_activity BEFORE INSERT ON activity FOR EACH ROW EXECUTE FUNCTION watch_activity()`);
});
after(async () => {
  await storage.close();
  await admin.end();
  await database.drop();
});

/** A worker whose connections have its name. */
async function startWorker(context: TestContext, name: string): Promise<ServiceProcess> {
  const worker = startServiceProcess(
    {
      DARKROOM_CANDIDATE: 'no-cache:outbox=on',
      DARKROOM_TELEMETRY: 'metrics',
      DARKROOM_LOG_LEVEL: 'error',
      DATABASE_URL: `${database.url}?application_name=${name}`,
    },
    'processes/worker.ts',
  );
  context.after(() => worker.stop());
  await worker.listening;
  return worker;
}

/** Likes by ten people in turns; answers how many messages there are by then. */
async function like(photos: readonly number[]): Promise<void> {
  const likes = createLikeStore(storage);
  for (const photo of photos) for (let person = 11; person <= 20; person += 1) await likes.add(photo, person);
}

async function count(of: string): Promise<number> {
  const { rows } = await admin.query<{ count: number }>(`SELECT count(*)::integer AS count FROM ${of}`);
  return rows[0]?.count ?? 0;
}

/** Lets the worker that comes to the message in the middle of the outbox wait there; answers its name, once it does. */
async function stallSomebody(): Promise<string> {
  await admin.query(`SELECT pg_advisory_lock(${stallLock})`);
  await admin.query('INSERT INTO stalls SELECT id FROM outbox ORDER BY id OFFSET 45 LIMIT 1');
  const { promise, resolve } = Promise.withResolvers<string>();
  await waitUntil(async () => {
    const { rows } = await admin.query<{ name: string }>(
      `SELECT application_name AS name FROM pg_locks JOIN pg_stat_activity USING (pid)
       WHERE locktype = 'advisory' AND NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
    );
    if (rows[0] !== undefined) resolve(rows[0].name);
    return rows.length > 0;
  });
  return await promise;
}

async function letGo(): Promise<void> {
  await admin.query('TRUNCATE stalls');
  await admin.query(`SELECT pg_advisory_unlock(${stallLock})`);
}

/** Every message once, and those of a person in their order. */
async function assertEachOnce(messages: number): Promise<void> {
  const { rows } = await admin.query<{ message_id: string; author_id: number }>(
    'SELECT message_id, author_id FROM given ORDER BY number',
  );
  const ids = rows.map(({ message_id }) => Number(message_id));
  assert.deepEqual([ids.length, new Set(ids).size, await count('activity')], [messages, messages, messages]);
  for (const own of Map.groupBy(rows, ({ author_id }) => author_id).values()) {
    const ofOne = own.map(({ message_id }) => Number(message_id));
    assert.deepEqual(
      ofOne,
      ofOne.toSorted((a, b) => a - b),
    );
  }
}

const isDone = async (): Promise<boolean> => (await count('outbox')) === 0;

test('DI-5: a worker killed in the middle of a batch loses nothing and doubles nothing after its restart', async (context) => {
  await like([11, 12, 13, 14, 15, 16, 17, 18, 19, 20]);
  const stalling = stallSomebody();
  const first = await startWorker(context, 'first');
  assert.equal(await stalling, 'first');
  killProcess(first.child.pid);
  await first.exited;
  await letGo();
  assert.ok((await count('outbox')) > 0);

  const second = await startWorker(context, 'second');
  await waitUntil(isDone);
  await assertEachOnce(100);

  // A notification wakes it. What it has done is in its metrics.
  await like([21]);
  await waitUntil(isDone);
  const { metrics } = await second.listening;
  const text = await (await fetch(`http://127.0.0.1:${metrics}/metrics`)).text();
  const done = new RegExp(`${workerMetrics.outboxMessages.name}{type="liked",outcome="done"} (\\d+)`).exec(
    text,
  );
  assert.ok(Number(done?.[1]) >= 10, text);
  for (const { name } of Object.values(workerMetrics))
    assert.ok(text.includes(`# TYPE ${name.replace(/_total$/, '')} `), name);
  second.child.kill('SIGTERM');
  assert.deepEqual(await second.exited, { code: 0, signal: null });
  assert.deepEqual(second.told.at(-1), { type: 'drained' });
});

test('DI-5: of two workers one is killed in the middle of a batch, and the other does it all, each once', async (context) => {
  const before = await count('given');
  const workers = new Map<string, ServiceProcess>();
  await like([22, 23, 24, 25, 26, 27, 28, 29, 30, 31]);
  const stalling = stallSomebody();
  await Promise.all(
    ['third', 'fourth'].map(async (name) => void workers.set(name, await startWorker(context, name))),
  );
  const stalled = await stalling;
  const killed = workers.get(stalled);
  killProcess(killed?.child.pid);
  await killed?.exited;
  // What the killed one held is left; all else is done meanwhile.
  await waitUntil(async () => (await count('(SELECT DISTINCT partition FROM outbox) AS held')) <= 1);
  assert.equal(await isDone(), false);
  await letGo();
  await waitUntil(isDone);
  await assertEachOnce(before + 100);
});
