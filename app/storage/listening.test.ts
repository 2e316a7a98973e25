import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import pg from 'pg';
import { createCuttableLink } from '../../tests/support/cuttable-link.ts';
import { createTestDatabase } from '../../tests/support/databases.ts';
import type { TestDatabase } from '../../tests/support/databases.ts';
import { startPgBouncer } from '../../tests/support/pgbouncer.ts';
import { waitUntil } from '../../tests/support/wait-until.ts';
import { listenTo } from './listening.ts';
import { createStorage } from './postgres.ts';
import type { Queries } from './statement.ts';

let database: TestDatabase;
let admin: pg.Client;
before(async () => {
  database = await createTestDatabase();
  admin = new pg.Client({ connectionString: database.url });
  await admin.connect();
});
after(async () => {
  await admin.end();
  await database.drop();
});

const channel = 'Rows of "likes"';
const notify = (payload: string) => admin.query('SELECT pg_notify($1, $2)', [channel, payload]);

function listen(context: TestContext, databaseUrl = database.url, beatMs?: number) {
  const heard: string[] = [];
  let own: Queries | undefined;
  const listening = listenTo({
    databaseUrl,
    channel,
    listener: {
      notified: (payload) => void heard.push(payload),
      disconnected: () => void heard.push('(disconnected)'),
      resumed: (connection) => {
        own = connection;
        heard.push('(resumed)');
      },
    },
    ...(beatMs !== undefined && { beatMs }),
  });
  context.after(() => listening.stop());
  const hears = (last: string) => waitUntil(() => heard.at(-1) === last);
  return { heard, hears, listening, ask: () => own?.query({ name: 'one', text: 'SELECT 1' }, []) };
}

async function killListeners(): Promise<number> {
  const { rowCount } = await admin.query(
    `SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
     WHERE datname = current_database() AND pid <> pg_backend_pid()`,
  );
  return rowCount ?? 0;
}

describe('listening on a channel', () => {
  it('hears what is sent from its first word on, in order, and nothing of other channels', async (context) => {
    const { heard, hears } = listen(context);
    await hears('(resumed)');
    await notify('one');
    await admin.query(`NOTIFY other, 'elsewhere'`);
    await notify('two');
    await hears('two');
    assert.deepEqual(heard, ['(resumed)', 'one', 'two']);
  });

  it('tells that it was cut off, comes back, and tells that', async (context) => {
    const { heard, hears } = listen(context);
    await hears('(resumed)');
    assert.equal(await killListeners(), 1);
    await waitUntil(() => heard.includes('(disconnected)'));
    await hears('(resumed)');
    await notify('after');
    await hears('after');
    assert.deepEqual(heard, ['(resumed)', '(disconnected)', '(resumed)', 'after']);
  });

  it('tells an outage once, however often it tries, also when it never was there', async (context) => {
    const link = await createCuttableLink(database.url);
    context.after(() => link.close());
    link.hangUp();
    const { heard, hears } = listen(context, link.url);
    await hears('(disconnected)');
    await waitUntil(() => link.hungUp() >= 3);
    await link.mend();
    await hears('(resumed)');
    assert.deepEqual(heard, ['(disconnected)', '(resumed)']);
  });

  it('notices a server that is silent on an open connection', async (context) => {
    const link = await createCuttableLink(database.url);
    context.after(() => link.close());
    const { hears } = listen(context, link.url, 50);
    await hears('(resumed)');
    link.freeze();
    await hears('(disconnected)');
    await link.mend();
    await hears('(resumed)');
  });

  it('notices it by a statement of the listener, too, which need not be asked for besides', async (context) => {
    const link = await createCuttableLink(database.url);
    context.after(() => link.close());
    const { hears, ask } = listen(context, link.url, 3_600_000);
    await hears('(resumed)');
    assert.equal((await ask())?.length, 1);
    link.freeze();
    await assert.rejects(async () => ask(), { code: 'STORAGE_UNAVAILABLE' });
    await hears('(disconnected)');
    await link.mend();
    await hears('(resumed)');
  });

  it('notices that another connection listens in its place, as behind a pooler', async (context) => {
    const pooler = await startPgBouncer(database.url, [
      'pool_mode = transaction',
      'ignore_startup_parameters = options,statement_timeout',
    ]);
    context.after(() => pooler.stop());
    const { hears } = listen(context, pooler.url, 50);
    await hears('(resumed)');
    const other = new pg.Client({ connectionString: pooler.url });
    other.on('error', () => {});
    await other.connect();
    // It is given the one connection that PgBouncer has, the one that listens.
    await other.query('BEGIN');
    await hears('(disconnected)');
    await other.end();
  });

  it('hears nothing after its end, and leaves no connection', async (context) => {
    const { heard, hears, listening } = listen(context);
    await hears('(resumed)');
    await listening.stop();
    await notify('too late');
    await waitUntil(async () => (await killListeners()) === 0);
    assert.deepEqual(heard, ['(resumed)']);
  });

  it('can be stopped while the server is silent', async (context) => {
    const link = await createCuttableLink(database.url);
    context.after(() => link.close());
    const { hears, listening } = listen(context, link.url);
    await hears('(resumed)');
    link.freeze();
    await listening.stop();
  });

  it('takes no channel that PostgreSQL would cut', () => {
    const listener = { notified() {}, disconnected() {}, resumed() {} };
    for (const name of ['', 'x'.repeat(64)])
      assert.throws(() => listenTo({ databaseUrl: database.url, channel: name, listener }), RangeError);
  });

  it('ends with storage', async () => {
    const storage = createStorage(database.url, 1, () => {});
    const { promise, resolve } = Promise.withResolvers<void>();
    const heard: string[] = [];
    const notified = (payload: string) => void heard.push(payload);
    storage.listen(channel, {
      notified,
      disconnected: () => heard.push('(disconnected)'),
      resumed: () => resolve(),
    });
    await promise;
    await storage.close();
    await notify('too late');
    assert.equal(await killListeners(), 0);
    assert.deepEqual(heard, []);
  });
});
