import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { TestContext } from 'node:test';
import pg from 'pg';
import { createTestStack } from '../../tests/support/test-stack.ts';
import { waitUntil } from '../../tests/support/wait-until.ts';
import { administrationUrl, createDatabaseAdmin } from './database-admin.ts';
import { lifeKeyOf, markedConnectionLimit } from './database-mark.ts';
import { startPostgres } from './postgres-server.ts';
import type { PostgresServer } from './postgres-server.ts';
import { reapDatabases } from './reap-databases.ts';
import { startServerRun } from './server-run.ts';

const { context, remove } = createTestStack({ hasData: true });
let postgres: PostgresServer;
before(async () => {
  postgres = await startPostgres(context);
});
after(async () => {
  await postgres.stop();
  remove();
});

async function connect(test: TestContext, url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {});
  await client.connect();
  test.after(() => client.end());
  return client;
}

async function startRun(test: TestContext, adminUrl = postgres.adminUrl) {
  const run = await startServerRun(adminUrl, 'a test');
  test.after(run.end);
  return run;
}

const names = async () => (await postgres.listOwnDatabases()).map(({ name }) => name);

test('what a run made is kept while it lives, and dropped with its slots once it is dead', async (t) => {
  const run = await startServerRun(postgres.adminUrl, '/here');
  const name = `darkroom_world_${run.id}_1`;
  await postgres.createDatabase(name, run.mark('world'));
  const client = await connect(t, postgres.urlOf(name));
  await client.query("SELECT pg_create_logical_replication_slot('of_the_dead', 'pgoutput')");
  await client.end();
  // Who asks is connected to another database than the run, to which advisory locks do not speak.
  const elsewhere = createDatabaseAdmin(postgres.urlOf('template1'));
  assert.deepEqual(await reapDatabases(elsewhere), []);
  assert.deepEqual(await names(), [name]);
  await run.end();
  const told = await reapDatabases(postgres);
  assert.equal(told.length, 1);
  assert.match(
    told[0] ?? '',
    new RegExp(`^Dropped ${name} \\(world of process .* in /here, 1 replication slot\\)`),
  );
  assert.deepEqual(await names(), []);
  const admin = await connect(t, postgres.adminUrl);
  assert.equal((await admin.query('SELECT FROM pg_replication_slots')).rowCount, 0);
});

test('databases of others stay, whatever they are called', async (t) => {
  const admin = await connect(t, postgres.adminUrl);
  const theirs = ['darkroom_prod_photos', 'darkroom_world_12_1', 'darkroom_world_0123456789ab_1'];
  for (const name of theirs) await admin.query(`CREATE DATABASE ${name}`);
  await admin.query("COMMENT ON DATABASE darkroom_world_12_1 IS 'darkroom'");
  assert.deepEqual(await reapDatabases(postgres), []);
  for (const name of theirs) {
    assert.equal(await postgres.databaseExists(name), true);
    await assert.rejects(postgres.dropDatabase(name), RangeError);
    await assert.rejects(postgres.dropUnusedDatabase(name), RangeError);
    await assert.rejects(
      postgres.markDatabase(name, { kind: 'world', run: '0'.repeat(12), owner: '' }),
      RangeError,
    );
    await admin.query(`DROP DATABASE ${name}`);
  }
  await assert.rejects(postgres.dropDatabase('postgres'), RangeError);
  const mark = { kind: 'world', run: '0'.repeat(12), owner: 'a test' };
  await assert.rejects(postgres.createDatabase('darkroom_x"; DROP TABLE y', mark), RangeError);
});

test('one whose run was killed between making and marking it is reaped', async (t) => {
  const admin = await connect(t, postgres.adminUrl);
  const name = 'darkroom_world_0123456789ab_1';
  await admin.query(`CREATE DATABASE ${name} CONNECTION LIMIT ${markedConnectionLimit}`);
  await admin.query('SELECT pg_advisory_lock($1)', [lifeKeyOf('0123456789ab')]);
  assert.deepEqual(await reapDatabases(postgres), []);
  await admin.query('SELECT pg_advisory_unlock_all()');
  assert.match((await reapDatabases(postgres)).join(), new RegExp(`^Dropped ${name}`));
});

test('one of a dead run to which somebody is connected is left, and told', async (t) => {
  const run = await startServerRun(postgres.adminUrl, 'a test');
  const name = `darkroom_world_${run.id}_1`;
  await postgres.createDatabase(name, run.mark('world'));
  await run.end();
  const reader = await connect(t, postgres.urlOf(name));
  assert.match(
    (await reapDatabases(postgres)).join(),
    new RegExp(`^Left ${name}.*somebody is connected to it`),
  );
  await reader.end();
  // Of two runs that start at the same time, both may find it.
  await Promise.all([reapDatabases(postgres), reapDatabases(postgres)]);
  assert.deepEqual(await names(), []);
});

test('a run lives on when its connection is cut, and keeps its locks', async (t) => {
  const [run, other] = [await startRun(t), await startRun(t)];
  assert.equal(await run.tryLock('77', 'shared'), true);
  const admin = await connect(t, postgres.adminUrl);
  const holders = async () =>
    (
      await admin.query<{ pid: number }>(
        "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND (classid::bigint << 32 | objid::bigint) = $1",
        [lifeKeyOf(run.id)],
      )
    ).rows.map(({ pid }) => pid);
  const [first] = await holders();
  await admin.query('SELECT pg_terminate_backend($1, 5000)', [first]);
  await waitUntil(async () => (await holders()).some((pid) => pid !== first));
  assert.equal(await other.tryLock('77', 'exclusive'), false);
  await run.end();
  assert.equal(await other.tryLock('77', 'exclusive'), true);
});

test('locks hold in the whole server, to whichever database their holders are connected', async (t) => {
  const [here, there] = [await startRun(t), await startRun(t, postgres.urlOf('template1'))];
  assert.equal(await here.tryLock('78', 'shared'), true);
  assert.equal(await there.tryLock('78', 'shared'), true);
  assert.equal(await there.tryLock('78', 'exclusive'), false);
  await here.unlock('78', 'shared');
  assert.equal(await there.tryLock('78', 'exclusive'), true);
  assert.equal(await here.tryLock('78', 'shared'), false);
});

test('a URL that names a database of ours is worked on from another one', async (t) => {
  const run = await startRun(t);
  const name = `darkroom_world_${run.id}_1`;
  await postgres.createDatabase(name, run.mark('world'));
  const url = await administrationUrl(postgres.urlOf(name));
  assert.equal(new URL(url).pathname, '/postgres');
  await createDatabaseAdmin(url).dropUnusedDatabase(name);
  assert.equal(await administrationUrl(postgres.adminUrl), postgres.adminUrl);
});

test('a new database is empty, whatever was put into template1', async (t) => {
  const polluter = await connect(t, postgres.urlOf('template1'));
  await polluter.query('CREATE TABLE of_the_house ()');
  const run = await startRun(t);
  const name = `darkroom_world_${run.id}_1`;
  await postgres.createDatabase(name, run.mark('world'));
  const client = await connect(t, postgres.urlOf(name));
  assert.deepEqual((await client.query("SELECT to_regclass('of_the_house') AS found")).rows, [
    { found: null },
  ]);
  await polluter.query('DROP TABLE of_the_house');
});
