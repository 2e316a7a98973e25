import { createHash } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type pg from 'pg';
import { DarkroomError } from '../errors.ts';
import { onOwnConnection } from './own-connection.ts';
import { createMigrationsTable, judgeDatabase } from './own-database.ts';
import type { Statement } from './statement.ts';
import { inTransaction } from './transaction.ts';

/** Any number that nothing else locks. */
const advisoryLock = 8_413_002;

const lockMigrations: Statement = { name: 'lock_migrations', text: 'SELECT pg_advisory_lock($1)' };
const selectMigrations: Statement = {
  name: 'select_migrations',
  text: 'SELECT name, checksum FROM migrations',
};
const insertMigration: Statement = {
  name: 'insert_migration',
  text: 'INSERT INTO migrations (name, checksum) VALUES ($1, $2)',
};

const folder = join(import.meta.dirname, 'migrations');

type Migration = { readonly name: string; readonly text: string; readonly checksum: string };

async function readMigrations(): Promise<readonly [Migration, ...Migration[]]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort();
  const read = async (name: string): Promise<Migration> => {
    const text = await readFile(join(folder, name), 'utf8');
    return { name, text, checksum: createHash('sha256').update(text).digest('hex') };
  };
  const [first = '', ...others] = names;
  return [await read(first), ...(await Promise.all(others.map(read)))];
}

/**
 * Brings a database to the present schema: numbered files, forward only, each in a transaction, one process at a time.
 * Throws CONFLICT when a migration that was applied has been changed since, and STORAGE_NOT_OURS, before it has changed
 * anything, for a database that somebody else uses.
 */
export async function migrate(databaseUrl: string): Promise<void> {
  await onOwnConnection(databaseUrl, async (client) => {
    await client.query(lockMigrations.text, [advisoryLock]);
    const migrations = await readMigrations();
    if ((await judgeDatabase(client, migrations[0])) === 'empty')
      await client.query(createMigrationsTable.text);
    const { rows } = await client.query<{ name: string; checksum: string }>(selectMigrations.text);
    const applied = new Map(rows.map((row) => [row.name, row.checksum]));
    for (const migration of migrations) await apply(client, migration, applied.get(migration.name));
  });
}

async function apply(
  client: pg.Client,
  { name, text, checksum }: Migration,
  appliedChecksum: string | undefined,
) {
  if (appliedChecksum === checksum) return;
  if (appliedChecksum !== undefined) {
    throw new DarkroomError(
      'CONFLICT',
      `The migration ${name} has changed since it was applied; add a new one instead.`,
    );
  }
  await inTransaction(
    (command) => client.query(command),
    async () => {
      await client.query(text);
      await client.query(insertMigration.text, [name, checksum]);
    },
  );
}
