import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { connectionTo } from '../../app/storage/connection-settings.ts';
import { CommandError } from '../errors.ts';
import { refusalOf } from './admin-query.ts';

export type LockMode = 'shared' | 'exclusive';
type HeldLock = { readonly key: string; readonly mode: LockMode };

/** A session that is kept up, with the locks that it holds, until it is ended or its process dies. */
export type ServerSession = {
  /** Takes a lock that holds in the whole server. False when others have it. */
  tryLock(key: string, mode: LockMode): Promise<boolean>;
  unlock(key: string, mode: LockMode): Promise<void>;
  end(): Promise<void>;
};

const reconnectPauseMs = 1_000;
/** With these settings a machine that has vanished without a word is noticed within a minute. */
const sessionSettings = `
  SET idle_session_timeout = 0; SET tcp_keepalives_idle = 20; SET tcp_keepalives_interval = 10; SET tcp_keepalives_count = 3`;
const functions = {
  exclusive: { take: 'pg_try_advisory_lock', giveBack: 'pg_advisory_unlock' },
  shared: { take: 'pg_try_advisory_lock_shared', giveBack: 'pg_advisory_unlock_shared' },
} as const;
/** PostgreSQL keeps advisory locks apart by database: one that is held in another database is only seen in this view. */
const isHeldElsewhere = `
  SELECT FROM pg_locks
  WHERE locktype = 'advisory' AND objsubid = 1 AND granted AND (classid::bigint << 32 | objid::bigint) = $1
    AND database <> (SELECT oid FROM pg_database WHERE datname = current_database())
    AND ($2 = 'exclusive' OR mode = 'ExclusiveLock')`;

/** Opens a session that holds the lock `key` from the first moment on. */
export async function openServerSession(adminUrl: string, key: string): Promise<ServerSession> {
  const ending = new AbortController();
  const held: HeldLock[] = [{ key, mode: 'exclusive' }];
  let reconnecting: Promise<void> = Promise.resolve();
  let client: pg.Client;
  const open = async (): Promise<void> => {
    client = await connect(adminUrl, held);
    // The connection may be cut (a restart, an administrator, the network) while this process lives on: then it connects again.
    client.once('end', () => {
      reconnecting = openAgain();
    });
  };
  const openAgain = async (): Promise<void> => {
    while (!ending.signal.aborted) {
      const isOpen = await open().then(
        () => true,
        () => false,
      );
      if (isOpen) return;
      await sleep(reconnectPauseMs, undefined, { signal: ending.signal }).catch(() => {});
    }
  };
  await open();
  return {
    async tryLock(wanted, mode) {
      if (!(await take(client, wanted, mode))) return false;
      const elsewhere = await client.query(isHeldElsewhere, [wanted, mode]).catch(refuse);
      if (elsewhere.rowCount === 0) {
        held.push({ key: wanted, mode });
        return true;
      }
      await giveBack(client, wanted, mode);
      return false;
    },
    async unlock(given, mode) {
      const index = held.findIndex((lock) => lock.key === given && lock.mode === mode);
      if (index === -1) return;
      held.splice(index, 1);
      await giveBack(client, given, mode);
    },
    async end() {
      ending.abort();
      await reconnecting;
      await client.end().catch(() => {});
    },
  };
}

/** A connection that holds the locks. */
async function connect(adminUrl: string, locks: readonly HeldLock[]): Promise<pg.Client> {
  const client = new pg.Client({
    ...connectionTo(adminUrl),
    connectionTimeoutMillis: 5_000,
    keepAlive: true,
    application_name: 'darkroom run',
  });
  client.on('error', () => {});
  try {
    await client.connect();
    await client.query(sessionSettings);
    for (const { key, mode } of locks)
      if (!(await take(client, key, mode)))
        throw new CommandError('serviceFailed', `Another session holds the lock ${key}.`);
    return client;
  } catch (error) {
    await client.end().catch(() => {});
    throw error instanceof CommandError ? error : refusalOf(error);
  }
}

async function take(client: pg.Client, key: string, mode: LockMode): Promise<boolean> {
  const statement = `SELECT ${functions[mode].take}($1) AS taken`;
  const { rows } = await client.query<{ taken: boolean }>(statement, [key]).catch(refuse);
  return rows[0]?.taken === true;
}

async function giveBack(client: pg.Client, key: string, mode: LockMode): Promise<void> {
  await client.query(`SELECT ${functions[mode].giveBack}($1)`, [key]).catch(refuse);
}

function refuse(error: unknown): never {
  throw refusalOf(error);
}
