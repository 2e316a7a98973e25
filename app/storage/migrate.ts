import { createHash } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { DarkroomError } from '../errors.ts';
import { connectionTo } from './connection-settings.ts';

/** Any number that nothing else locks. */
const advisoryLock = 8_413_002;

const folder = join(import.meta.dirname, 'migrations');

type Migration = { readonly name: string; readonly text: string; readonly checksum: string };

async function readMigrations(): Promise<Migration[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort();
  return Promise.all(
    names.map(async (name) => {
      const text = await readFile(join(folder, name), 'utf8');
      return { name, text, checksum: createHash('sha256').update(text).digest('hex') };
    }),
  );
}

/**
 * Brings a database to the present schema: numbered files, forward only, each in a transaction, one process at a time.
 * Throws CONFLICT when a migration that was applied has been changed since.
 */
export async function migrate(databaseUrl: string): Promise<void> {
  const client = new pg.Client(connectionTo(databaseUrl));
  await client.connect();
  try {
    await client.query('SELECT pg_advisory_lock($1)', [advisoryLock]);
    await client.query(
      'CREATE TABLE IF NOT EXISTS migrations (name text PRIMARY KEY, checksum text NOT NULL)',
    );
    const { rows } = await client.query<{ name: string; checksum: string }>(
      'SELECT name, checksum FROM migrations',
    );
    const applied = new Map(rows.map((row) => [row.name, row.checksum]));
    for (const migration of await readMigrations())
      await apply(client, migration, applied.get(migration.name));
  } finally {
    await client.end();
  }
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
  await client.query('BEGIN');
  try {
    await client.query(text);
    await client.query('INSERT INTO migrations (name, checksum) VALUES ($1, $2)', [name, checksum]);
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  }
}
