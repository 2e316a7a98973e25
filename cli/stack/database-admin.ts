import { escapeIdentifier, escapeLiteral } from 'pg';
import { withConnection } from './admin-query.ts';
import type { Query } from './admin-query.ts';
import { formatMark, markOf, markedConnectionLimit } from './database-mark.ts';
import type { DatabaseMark, ListedDatabase } from './database-mark.ts';
import { explainUse } from './database-users.ts';
import type { Room } from './needs.ts';

/** A database that bears our mark. */
export type OwnDatabase = {
  readonly name: string;
  readonly mark: DatabaseMark;
  /** Replication slots that go with it. */
  readonly slots: number;
  /** The role that it belongs to, where the one that we are may not drop it; else null. */
  readonly foreignRole: string | null;
};

/** Creating and dropping databases, but only those that Darkroom made: they bear its mark. */
export type DatabaseAdmin = {
  readonly adminUrl: string;
  urlOf(database: string): string;
  databaseExists(name: string): Promise<boolean>;
  /** Makes a database that is marked from its first moment on: empty, or a copy of the template. */
  createDatabase(name: string, mark: DatabaseMark, options?: { readonly template?: string }): Promise<void>;
  markDatabase(name: string, mark: DatabaseMark): Promise<void>;
  /**
   * Drops a database and ends the connections to it. Throws a RangeError for one that is not ours; does
   * nothing where there is none.
   */
  dropDatabase(name: string): Promise<void>;
  /** The same, but throws when somebody is connected to it. */
  dropUnusedDatabase(name: string): Promise<void>;
  listOwnDatabases(): Promise<readonly OwnDatabase[]>;
  /** Keys of all advisory locks that are held on the server, whichever database their holders are connected to. */
  listLocks(): Promise<ReadonlySet<string>>;
  readTime(): Promise<Date>;
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
  -- Without a logical log there are none to be had.
  CASE WHEN current_setting('wal_level') <> 'logical' THEN 0 ELSE least(
    current_setting('max_replication_slots')::int - (SELECT count(*) FROM pg_replication_slots),
    current_setting('max_wal_senders')::int - (SELECT count(*) FROM pg_stat_replication)
  ) END::int AS "replicationSlots"`;
const listDatabases = `
  SELECT datname AS name, shobj_description(oid, 'pg_database') AS comment, datconnlimit AS "connectionLimit",
    (SELECT count(*) FROM pg_replication_slots WHERE database = datname)::int AS slots,
    CASE WHEN pg_has_role(datdba, 'USAGE') THEN NULL ELSE pg_get_userbyid(datdba) END AS "foreignRole"
  FROM pg_database WHERE $1::text IS NULL OR datname = $1 ORDER BY oid`;
const listLocks = `
  SELECT (classid::bigint << 32 | objid::bigint)::text AS key FROM pg_locks
  WHERE locktype = 'advisory' AND objsubid = 1 AND granted`;
const ownName = /^darkroom_[a-z0-9_]{1,50}$/;

/** A name that we give, which may stand in a statement. Throws for any other. */
function own(name: string): string {
  if (!ownName.test(name)) throw new RangeError(`not a name that Darkroom gives: ${name}`);
  return name;
}

export function createDatabaseAdmin(adminUrl: string): DatabaseAdmin {
  const run = <T>(work: (query: Query) => Promise<T>): Promise<T> => withConnection(adminUrl, work);
  return {
    adminUrl,
    urlOf: (database) => urlOf(adminUrl, database),
    databaseExists: (name) =>
      run(async (query) => (await query('SELECT FROM pg_database WHERE datname = $1', [name])).length > 0),
    createDatabase: (name, mark, { template } = {}) =>
      run(async (query) => {
        // Not template1, into which the owner of the server may have put things.
        const source = template === undefined ? 'template0' : `${own(template)} STRATEGY file_copy`;
        await query(
          `CREATE DATABASE ${own(name)} TEMPLATE ${source} CONNECTION LIMIT ${markedConnectionLimit}`,
        );
        try {
          await query(commentOf(name, mark));
        } catch (error) {
          await query(`DROP DATABASE ${own(name)}`);
          throw error;
        }
      }).catch(async (error: unknown) => {
        throw await explainUse(error, template ?? 'template0', (statement, values) =>
          run((query) => query(statement, values)),
        );
      }),
    markDatabase: (name, mark) =>
      run(async (query) => {
        if (await isOwn(query, name)) await query(commentOf(name, mark));
      }),
    dropDatabase: (name) =>
      run(async (query) => {
        if (!(await isOwn(query, name))) return;
        // FORCE does not end who reads a slot, and the server hears of a killed reader a moment later.
        const readers = 'pg_replication_slots WHERE database = $1 AND active';
        await query(`SELECT pg_terminate_backend(active_pid, ${readerEndLimitMs}) FROM ${readers}`, [name]);
        await query(`DROP DATABASE IF EXISTS ${escapeIdentifier(name)} WITH (FORCE)`);
      }),
    dropUnusedDatabase: (name) =>
      run(async (query) => {
        if (await isOwn(query, name)) await query(`DROP DATABASE IF EXISTS ${escapeIdentifier(name)}`);
      }),
    listOwnDatabases: () =>
      run(async (query) => {
        const all = await query<ListedDatabase & Omit<OwnDatabase, 'mark'>>(listDatabases, [null]);
        return all.flatMap(({ comment, connectionLimit, ...database }) => {
          const mark = markOf({ ...database, comment, connectionLimit });
          return mark === null ? [] : [{ ...database, mark }];
        });
      }),
    listLocks: () =>
      run(async (query) => new Set((await query<{ key: string }>(listLocks)).map(({ key }) => key))),
    readTime: () => run(async (query) => (await query<{ now: Date }>('SELECT now()'))[0]?.now ?? new Date(0)),
    readRoom: () =>
      run(async (query) => {
        const [room] = await query<{ connections: number; replicationSlots: number }>(countFree);
        return room ?? { connections: null, replicationSlots: null };
      }),
    readVersion: () =>
      run(
        async (query) =>
          (await query<{ server_version: string }>('SHOW server_version'))[0]?.server_version ?? 'unknown',
      ),
  };
}

/** Whether it is there and ours. Throws a RangeError for somebody else's. */
async function isOwn(query: Query, name: string): Promise<boolean> {
  const [found] = await query<ListedDatabase>(listDatabases, [name]);
  if (found === undefined) return false;
  if (markOf(found) === null) throw new RangeError(`not a database of Darkroom: ${name}`);
  return true;
}

function commentOf(name: string, mark: DatabaseMark): string {
  return `COMMENT ON DATABASE ${escapeIdentifier(name)} IS ${escapeLiteral(formatMark(mark))}`;
}

function urlOf(adminUrl: string, database: string): string {
  const url = new URL(adminUrl);
  url.pathname = `/${encodeURIComponent(database)}`;
  return url.href;
}

const listOthers = `
  SELECT datname AS name, shobj_description(oid, 'pg_database') AS comment, datconnlimit AS "connectionLimit"
  FROM pg_database WHERE datallowconn AND has_database_privilege(oid, 'CONNECT')
  ORDER BY datname = current_database() DESC, datname = 'postgres' DESC, datname = 'template1', datname`;

/**
 * Where to work from on the server of a URL: the database that it names, or another one where that bears our mark. Who is
 * connected to a database can neither drop nor clone it.
 */
export async function administrationUrl(databaseUrl: string): Promise<string> {
  const all = await withConnection(databaseUrl, (query) => query<ListedDatabase>(listOthers));
  const other = all.find((database) => markOf(database) === null);
  return other === undefined ? databaseUrl : urlOf(databaseUrl, other.name);
}
