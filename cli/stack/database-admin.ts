import pg from 'pg';
import { connectionTo } from '../../app/storage/connection-settings.ts';
import { CommandError } from '../errors.ts';
import type { Room } from './needs.ts';

/** Creating and dropping databases, but only those that Darkroom made: their names begin with `darkroom_`. */
export type DatabaseAdmin = {
  readonly adminUrl: string;
  urlOf(database: string): string;
  databaseExists(name: string): Promise<boolean>;
  createDatabase(name: string, options?: { readonly template?: string }): Promise<void>;
  dropDatabase(name: string): Promise<void>;
  renameDatabase(from: string, to: string): Promise<void>;
  listDatabases(): Promise<readonly string[]>;
  readVersion(): Promise<string>;
  /** How much of what the server bounds is still free, for a user without privileges. */
  readRoom(): Promise<Pick<Room, 'connections' | 'replicationSlots'>>;
};

/** A reader that is told to end does so within milliseconds. */
const readerEndLimitMs = 5_000;
const countFree = `
  SELECT (
    current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
    - coalesce(current_setting('reserved_connections', true), '0')::int
    - (SELECT sum(numbackends) FROM pg_stat_database)
  )::int AS connections,
  least(
    current_setting('max_replication_slots')::int - (SELECT count(*) FROM pg_replication_slots),
    current_setting('max_wal_senders')::int - (SELECT count(*) FROM pg_stat_replication)
  )::int AS "replicationSlots"`;
const ownName = /^darkroom_[a-z0-9_]{1,50}$/;

/** A name that may stand in a statement. Throws for any other. */
function own(name: string): string {
  if (!ownName.test(name)) throw new RangeError(`not a database of Darkroom: ${name}`);
  return name;
}

export function createDatabaseAdmin(adminUrl: string): DatabaseAdmin {
  const run = async <Row extends object>(
    statement: string,
    values: readonly unknown[] = [],
  ): Promise<Row[]> => {
    const client = new pg.Client({ ...connectionTo(adminUrl), connectionTimeoutMillis: 5_000 });
    client.on('error', () => {});
    try {
      await client.connect();
      return (await client.query<Row>(statement, [...values])).rows;
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      throw new CommandError('serviceFailed', `PostgreSQL refused: ${message}`, { cause: error });
    } finally {
      await client.end().catch(() => {});
    }
  };
  return {
    adminUrl,
    urlOf: (database) => {
      const url = new URL(adminUrl);
      url.pathname = `/${own(database)}`;
      return url.href;
    },
    databaseExists: async (name) =>
      (await run('SELECT 1 FROM pg_database WHERE datname = $1', [own(name)])).length > 0,
    createDatabase: async (name, { template } = {}) => {
      const source = template === undefined ? '' : ` TEMPLATE ${own(template)} STRATEGY file_copy`;
      await run(`CREATE DATABASE ${own(name)}${source}`);
    },
    dropDatabase: async (name) => {
      // FORCE does not end who reads a slot, and the server hears of a killed reader a moment later.
      const readers = 'pg_replication_slots WHERE database = $1 AND active';
      await run(`SELECT pg_terminate_backend(active_pid, ${readerEndLimitMs}) FROM ${readers}`, [own(name)]);
      await run(`DROP DATABASE IF EXISTS ${own(name)} WITH (FORCE)`);
    },
    renameDatabase: async (from, to) => void (await run(`ALTER DATABASE ${own(from)} RENAME TO ${own(to)}`)),
    listDatabases: async () => {
      const rows = await run<{ datname: string }>(
        "SELECT datname FROM pg_database WHERE datname LIKE 'darkroom\\_%'",
      );
      return rows.map((row) => row.datname);
    },
    readRoom: async () => {
      const [room] = await run<{ connections: number; replicationSlots: number }>(countFree);
      return room ?? { connections: null, replicationSlots: null };
    },
    readVersion: async () =>
      (await run<{ server_version: string }>('SHOW server_version'))[0]?.server_version ?? 'unknown',
  };
}
