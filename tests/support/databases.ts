import { randomUUID } from 'node:crypto';
import pg from 'pg';
import type { SeedRows } from '../../app/contract/seed-rows.ts';
import { migrate } from '../../app/storage/migrate.ts';
import { loadSeedRows } from '../../app/storage/seed.ts';

/** A database of its own for one test file, on the server that the test command started. */
export type TestDatabase = { readonly url: string; drop(): Promise<void> };

function required(name: string): string {
  const value = process.env[name];
  if (!value)
    throw new RangeError(`${name} is not set: run the tests with "npm test", which starts the servers`);
  return value;
}

/**
 * For a whole command that does not look at its PostgreSQL: the server of the test command, where other runs have seeded what it
 * needs. To start one of its own, and to seed it, takes as long as a round.
 */
export const onTestServer = (): { readonly DATABASE_URL: string } => ({
  DATABASE_URL: required('DARKROOM_TEST_DATABASE_URL'),
});

/** Empty, or a copy of a template that nobody is connected to. */
export async function createTestDatabase(template?: string): Promise<TestDatabase> {
  const adminUrl = required('DARKROOM_TEST_DATABASE_URL');
  const name = `darkroom_test_${randomUUID().replaceAll('-', '')}`;
  const run = async (statement: string) => {
    const client = new pg.Client({ connectionString: adminUrl });
    await client.connect();
    try {
      await client.query(statement);
    } finally {
      await client.end();
    }
  };
  await run(`CREATE DATABASE ${name}${template === undefined ? '' : ` TEMPLATE ${template}`}`);
  const url = new URL(adminUrl);
  url.pathname = `/${name}`;
  return {
    url: url.href,
    async drop() {
      // The server hears a moment later that a reader of a slot has closed its connection; FORCE does not end those.
      await run(
        `SELECT pg_terminate_backend(active_pid, 5000) FROM pg_replication_slots WHERE database = '${name}' AND active`,
      );
      await run(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    },
  };
}

/** Names the database of the village, which the test command makes once. */
export const villageVariable = 'DARKROOM_TEST_VILLAGE';

/** Migrated, and with these rows. */
export async function createDatabaseOf(rows: SeedRows): Promise<TestDatabase> {
  const database = await createTestDatabase();
  await migrate(database.url);
  await loadSeedRows(database.url, rows);
  return database;
}

/** The shared Redis of the test command, with a key prefix that no other test uses. */
export function createTestRedis(): { readonly url: string; readonly keyPrefix: string } {
  return { url: required('DARKROOM_TEST_REDIS_URL'), keyPrefix: `darkroom:test:${randomUUID()}:` };
}
