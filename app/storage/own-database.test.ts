import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import pg from 'pg';
import { createTestDatabase } from '../../tests/support/databases.ts';
import { migrate } from './migrate.ts';

async function openDatabase(context: TestContext) {
  const database = await createTestDatabase();
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  context.after(async () => {
    await client.end();
    await database.drop();
  });
  return { url: database.url, client };
}

/** All that is in the database besides what PostgreSQL brought along. */
async function contentsOf(client: pg.Client): Promise<unknown[]> {
  const { rows } = await client.query<object>(
    "SELECT relname, relkind FROM pg_class WHERE relnamespace = 'public'::regnamespace ORDER BY 1",
  );
  return rows;
}

/** As after a crash between the table of migrations and the first of them. */
const removeAllButMigrations = `
  DO $$ DECLARE thing text;
  BEGIN
    FOR thing IN SELECT oid::regclass FROM pg_class
      WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND relname <> 'migrations'
    LOOP EXECUTE 'DROP TABLE ' || thing || ' CASCADE'; END LOOP;
    FOR thing IN SELECT oid::regprocedure FROM pg_proc WHERE pronamespace = 'public'::regnamespace
    LOOP EXECUTE 'DROP FUNCTION ' || thing || ' CASCADE'; END LOOP;
  END $$`;

describe('a database that is neither empty nor ours', () => {
  const theirs = {
    'a table with the name of one of ours': ['CREATE TABLE users (id integer, email text)', 'public.users'],
    'a table in a schema of its own': ['CREATE SCHEMA shop CREATE TABLE orders (id integer)', 'shop.orders'],
    'a table of migrations': [
      "CREATE TABLE migrations (name text, checksum text); INSERT INTO migrations VALUES ('0001-photos.sql', 'theirs')",
      'public.migrations',
    ],
    'a table of migrations of another form': [
      'CREATE TABLE migrations (id integer, checksum text)',
      'public.migrations',
    ],
    'a view only': ['CREATE VIEW sums AS SELECT 1 AS one', 'public.sums'],
    'a function only': ["CREATE FUNCTION one() RETURNS integer LANGUAGE sql AS 'SELECT 1'", 'public.one'],
    'a type only': ["CREATE TYPE mood AS ENUM ('good')", 'public.mood'],
    'a large object only': ['SELECT lo_create(4711)', 'large object 4711'],
  } as const;
  for (const [what, [statement, name]] of Object.entries(theirs)) {
    it(`is refused and not changed: ${what}`, async (context) => {
      const { url, client } = await openDatabase(context);
      await client.query(statement);
      const before = await contentsOf(client);
      await assert.rejects(migrate(url), (error: Error & { code?: string }) => {
        assert.equal(error.code, 'STORAGE_NOT_OURS');
        assert.ok(error.message.includes(name), error.message);
        return true;
      });
      assert.deepEqual(await contentsOf(client), before);
    });
  }

  it('names a few of the things that are there', async (context) => {
    const { url, client } = await openDatabase(context);
    for (const name of 'abcde') await client.query(`CREATE TABLE ${name} ()`);
    await assert.rejects(migrate(url), /it has public\.a, public\.b, public\.c and 2 more\./);
  });
});

describe('a database that is ours', () => {
  it('may have extensions and empty schemas before it has anything else', async (context) => {
    const { url, client } = await openDatabase(context);
    await client.query('CREATE SCHEMA extensions; CREATE EXTENSION pg_stat_statements SCHEMA extensions');
    await migrate(url);
    assert.ok((await contentsOf(client)).length > 0);
  });

  it('is known by its first migration when an earlier version has made it, which left no mark', async (context) => {
    const { url, client } = await openDatabase(context);
    await migrate(url);
    const before = await contentsOf(client);
    await client.query('COMMENT ON TABLE migrations IS NULL');
    await migrate(url);
    assert.deepEqual(await contentsOf(client), before);
  });

  it('is made on when its making was cut short', async (context) => {
    const { url, client } = await openDatabase(context);
    await migrate(url);
    const whole = await contentsOf(client);
    await client.query('DROP PUBLICATION darkroom_changes; DELETE FROM migrations');
    await client.query(removeAllButMigrations);
    await migrate(url);
    assert.deepEqual(await contentsOf(client), whole);
  });
});
