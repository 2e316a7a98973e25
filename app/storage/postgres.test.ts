import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import pg from 'pg';
import { connected } from '../../tests/support/connected-storage.ts';
import { createTestDatabase } from '../../tests/support/databases.ts';
import type { TestDatabase } from '../../tests/support/databases.ts';
import { createSuddenLink } from '../../tests/support/sudden-link.ts';
import { waitUntil } from '../../tests/support/wait-until.ts';
import { pingName } from '../contract/service-metrics.ts';
import { DarkroomError } from '../errors.ts';
import { createStorage } from './postgres.ts';
import type { StorageEvent } from './postgres.ts';
import { isMissingReference } from './refusals.ts';

let database: TestDatabase;
let admin: pg.Client;
before(async () => {
  database = await createTestDatabase();
  admin = new pg.Client({ connectionString: database.url });
  await admin.connect();
  await admin.query('CREATE TABLE parents (id integer PRIMARY KEY)');
  await admin.query('CREATE TABLE children (id integer PRIMARY KEY REFERENCES parents (id))');
});
after(async () => {
  await admin.end();
  await database.drop();
});

/** As it is before it has a connection. */
function createUnconnected(context: TestContext, { url = database.url, poolSize = 2 } = {}) {
  const events: StorageEvent[] = [];
  const storage = createStorage(url, poolSize, (event) => void events.push(event));
  context.after(() => storage.close());
  return { storage, events };
}

async function openStorage(context: TestContext, { poolSize = 2 } = {}) {
  const opened = createUnconnected(context, { poolSize });
  await connected(opened.storage);
  opened.events.length = 0;
  return opened;
}

const hasCode = (code: string) => (error: unknown) => error instanceof DarkroomError && error.code === code;

describe('storage', () => {
  it('prepares a statement once per connection, and tells its observer of each query by its name', async (context) => {
    const { storage, events } = await openStorage(context, { poolSize: 1 });
    const double = { name: 'double', text: 'SELECT $1::integer * 2 AS doubled' };
    for (const value of [1, 2, 3])
      assert.deepEqual(await storage.query(double, [value]), [{ doubled: value * 2 }]);
    const prepared = {
      name: 'list_prepared',
      text: `SELECT name FROM pg_prepared_statements WHERE name <> '${pingName}' ORDER BY name`,
    };
    assert.deepEqual(await storage.query(prepared, []), [{ name: 'double' }, { name: 'list_prepared' }]);
    assert.deepEqual(
      events.map(({ statement, errorType }) => [statement, errorType]),
      [
        ['double', null],
        ['double', null],
        ['double', null],
        ['list_prepared', null],
      ],
    );
    assert.ok(events.every(({ durationMs }) => durationMs > 0 && durationMs < 10_000));
  });

  it('bounds every wait on the server', async (context) => {
    const { storage } = await openStorage(context);
    const [row] = await storage.query(
      {
        name: 'bounds',
        text: `SELECT current_setting('statement_timeout') AS statement, current_setting('lock_timeout') AS lock,
          current_setting('idle_in_transaction_session_timeout') AS idle`,
      },
      [],
    );
    assert.deepEqual(row, { statement: '2s', lock: '1s', idle: '2s' });
  });

  it('tells a violated constraint from what others would meet too, and tells its observer PostgreSQL’s code', async (context) => {
    const { storage, events } = await openStorage(context);
    const insert = { name: 'insert_child', text: 'INSERT INTO children VALUES ($1)' };
    await assert.rejects(storage.query(insert, [1]), hasCode('ROW_REFUSED'));
    await assert.rejects(storage.query(insert, [1]), isMissingReference);
    assert.equal(events[0]?.errorType, '23503');
    assert.equal(isMissingReference(new RangeError('x')), false);
    assert.equal(isMissingReference(null), false);
  });

  it('passes on as they are a failure that nobody knows, and a mistake in a call', async (context) => {
    const { storage } = await openStorage(context);
    await assert.rejects(storage.query({ name: 'none', text: 'SELECT * FROM nowhere' }, []), {
      code: '42P01',
    });
    const loop: unknown[] = [];
    loop.push({ loop });
    await assert.rejects(storage.query({ name: 'loop', text: 'SELECT $1::json' }, [{ loop }]), TypeError);
  });

  it('takes for away a database that is not there, a wrong password, and a server that is none', async (context) => {
    const elsewhere = (change: (url: URL) => void): string => {
      const url = new URL(database.url);
      change(url);
      return url.href;
    };
    const web = createServer((socket) => void socket.on('error', () => {}).end('HTTP/1.1 400 Bad\r\n\r\n'));
    web.listen(0, '127.0.0.1');
    await once(web, 'listening');
    context.after(() => web.close());
    for (const url of [
      elsewhere((one) => (one.pathname = '/darkroom_test_none')),
      elsewhere((one) => (one.password = 'wrong')),
      elsewhere((one) => (one.port = String((web.address() as AddressInfo).port))),
      elsewhere((one) => (one.hostname = 'no-such-host.invalid')),
      elsewhere((one) => one.searchParams.set('sslmode', 'require')),
    ]) {
      const { storage } = createUnconnected(context, { url });
      await assert.rejects(
        storage.query({ name: 'x', text: 'SELECT 1' }, []),
        hasCode('STORAGE_UNAVAILABLE'),
        url,
      );
    }
  });

  it('says that it is ready when it answers, and not when nobody listens', async (context) => {
    const there = createUnconnected(context).storage;
    await waitUntil(() => there.isReady());
    const url = 'postgres://postgres@127.0.0.1:1/none';
    const { storage } = createUnconnected(context, { url });
    assert.equal(await storage.isReady(), false);
    await assert.rejects(storage.query({ name: 'x', text: 'SELECT 1' }, []), hasCode('STORAGE_UNAVAILABLE'));
  });
});

describe('storage in trouble', () => {
  it('gives up on a server that accepts and never answers', { timeout: 180_000 }, async (context) => {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => void sockets.add(socket.on('error', () => {})));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    context.after(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    const { port } = server.address() as AddressInfo;
    const { storage } = createUnconnected(context, { url: `postgres://postgres@127.0.0.1:${port}/none` });
    await assert.rejects(storage.query({ name: 'x', text: 'SELECT 1' }, []), hasCode('STORAGE_UNAVAILABLE'));
  });

  it('gives up on a lock that is not let go, and on a query that takes too long', async (context) => {
    const { storage, events } = await openStorage(context);
    await admin.query('BEGIN');
    await admin.query('LOCK TABLE parents');
    const slow = { name: 'slow', text: 'SELECT pg_sleep($1)' };
    const locked = { name: 'locked', text: 'SELECT * FROM parents' };
    // A process that stands still meanwhile does not hear in time that PostgreSQL has given up.
    await waitUntil(async () => {
      events.length = 0;
      const failures = await Promise.allSettled([storage.query(locked, []), storage.query(slow, [30])]);
      assert.ok(failures.every(({ status }) => status === 'rejected'));
      if (events.some(({ errorType }) => errorType === 'timeout')) return false;
      for (const failure of failures)
        assert.ok(failure.status === 'rejected' && hasCode('STORAGE_BUSY')(failure.reason));
      assert.deepEqual(events.map(({ errorType }) => String(errorType)).toSorted(), ['55P03', '57014']);
      return true;
    });
    await admin.query('ROLLBACK');
    assert.deepEqual(await storage.query(locked, []), [], 'it goes on afterwards');
  });

  it('refuses what would have to wait behind too many others', async (context) => {
    const { storage, events } = createUnconnected(context, { poolSize: 1 });
    const hold = { name: 'hold', text: 'SELECT pg_advisory_xact_lock(7)' };
    await admin.query('SELECT pg_advisory_lock(7)');
    const asked = Array.from({ length: 30 }, () => storage.query(hold, []));
    const settled = Promise.allSettled(asked);
    // One has the connection, twenty wait for it.
    const refused = await Promise.allSettled(asked.slice(21));
    assert.ok(
      refused.every((result) => result.status === 'rejected' && hasCode('OVERLOADED')(result.reason)),
    );
    assert.equal(storage.connections().pending, 20);
    assert.equal(storage.refusals(), 9);
    await admin.query('SELECT pg_advisory_unlock(7)');
    // Of a busy machine, those that wait may hear that they have waited for too long.
    for (const waited of (await settled).slice(0, 21))
      assert.ok(waited.status === 'fulfilled' || !hasCode('OVERLOADED')(waited.reason));
    assert.equal(events.length, 21, 'what was not sent is no query');
  });

  it('tells its observer how long a query has waited for a connection', async (context) => {
    const { storage, events } = await openStorage(context, { poolSize: 1 });
    const sleep = { name: 'sleep', text: 'SELECT pg_sleep(0.2)' };
    const quick = { name: 'quick', text: 'SELECT 1' };
    // The first one waits until there is a connection, which takes a busy machine its time.
    await storage.query(quick, []);
    await Promise.all([storage.query(sleep, []), storage.query(quick, [])]);
    const [, slept, waited] = events;
    assert.ok(slept !== undefined && waited !== undefined);
    assert.ok(
      slept.waitMs < waited.waitMs && waited.waitMs > 150,
      `${slept.waitMs}, then ${waited.waitMs} ms`,
    );
  });

  it('survives the loss of its connections, idle and busy', async (context) => {
    const { storage } = await openStorage(context);
    const own = { name: 'own_pid', text: 'SELECT pg_backend_pid() AS pid' };
    const [row] = await storage.query<{ pid: number }>(own, []);
    await admin.query('SELECT pg_terminate_backend($1)', [row?.pid]);
    await waitUntil(() => storage.isReady());
    const cutItself = {
      name: 'cut_itself',
      text: 'SELECT pg_terminate_backend(pg_backend_pid()), pg_sleep(1.5)',
    };
    await assert.rejects(storage.query(cutItself, []), hasCode('STORAGE_UNAVAILABLE'));
    await waitUntil(() => storage.isReady());
  });

  it('survives that a connection is cut in the moment in which it is there', async (context) => {
    const link = await createSuddenLink(database.url);
    context.after(link.close);
    const { storage } = createUnconnected(context, { url: link.url });
    const one = { name: 'one', text: 'SELECT 1 AS one' };
    await assert.rejects(storage.query(one, []), hasCode('STORAGE_UNAVAILABLE'));
    const work = storage.transaction((queries) => queries.query(one, []));
    await assert.rejects(work, hasCode('STORAGE_UNAVAILABLE'));
    link.mend();
    assert.deepEqual(await storage.query(one, []), [{ one: 1 }]);
  });

  it('refuses text that PostgreSQL cannot hold as the request that it is', async (context) => {
    const { storage } = await openStorage(context);
    const echo = { name: 'echo', text: 'SELECT $1::text' };
    await assert.rejects(storage.query(echo, ['a\u0000b']), hasCode('INVALID_REQUEST'));
  });
});
