import pg from 'pg';
import { connectionTo } from '../../app/storage/connection-settings.ts';
import { createStorage } from '../../app/storage/postgres.ts';
import { CommandError } from '../errors.ts';
import { administrationUrl, createDatabaseAdmin } from './database-admin.ts';
import { postgresRemedy } from './postgres-remedies.ts';
import { startServerRun } from './server-run.ts';
import { requirePostgresAddress, wordsOf } from './server-words.ts';
import { tryInOrder } from './trial.ts';
import type { Step, Trial } from './trial.ts';

const connectLimitMs = 5_000;

type Identity = { pid: number; role: string; version: string; canCreate: boolean; isReadOnly: boolean };

const identify = `
  SELECT pg_backend_pid() AS pid, current_user AS role, current_setting('server_version') AS version,
    current_setting('transaction_read_only') = 'on' AS "isReadOnly",
    (SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user) AS "canCreate"`;

/** Who answers at this address. Throws with the server's words when nobody does, or a pooler in its place. */
async function meet(url: string): Promise<Identity> {
  requirePostgresAddress(url);
  const client = new pg.Client({ ...connectionTo(url), connectionTimeoutMillis: connectLimitMs });
  client.on('error', () => {});
  try {
    await client.connect();
    const identity = (await client.query<Identity>(identify)).rows[0] as Identity;
    // A server greets with the number of the process that answers; a pooler makes one up.
    if (greetedPid(client) !== identity.pid) throw await poolerFound(url);
    return identity;
  } finally {
    await client.end().catch(() => {});
  }
}

/** The number of the process by which the server greeted: `pg` keeps it in a field that its types leave out. */
function greetedPid(client: pg.Client): number | null {
  return 'processID' in client && typeof client.processID === 'number' ? client.processID : null;
}

/** A pooler refuses what the service sets, or gives one answer today and another one tomorrow. */
async function poolerFound(url: string): Promise<CommandError> {
  const words = await connectAsService(url).then(
    () => 'another process answers than the one that greeted',
    wordsOf,
  );
  return new CommandError(
    'cannotProvision',
    `There is a pooler such as PgBouncer before the PostgreSQL of DATABASE_URL: ${words}.`,
    { remedy: postgresRemedy({ code: '08P01', message: '' }) },
  );
}

/**
 * How often it is tried: on a busy machine a connection may take longer than the service waits. The service
 * tells its clients to ask again then, and so this asks again.
 */
const attemptsMax = 5;

/** As the service does: with its time limits, which a pooler may refuse. */
async function connectAsService(url: string): Promise<void> {
  const storage = createStorage(url, 1, () => {});
  const isLate = (error: unknown): boolean =>
    error instanceof Error && /\btimeout\b/.test(String(error.cause));
  try {
    for (let attempt = 1; ; attempt += 1) {
      try {
        await storage.query({ name: 'doctor', text: 'SELECT 1' }, []);
        return;
      } catch (error) {
        if (attempt === attemptsMax || !isLate(error)) throw error;
      }
    }
  } finally {
    await storage.close();
  }
}

function requireRights({ role, canCreate, isReadOnly }: Identity): void {
  if (isReadOnly)
    throw new CommandError('cannotProvision', 'the PostgreSQL of DATABASE_URL is read-only, or a standby', {
      remedy: postgresRemedy({ code: '25006', message: '' }),
    });
  if (!canCreate)
    throw new CommandError('cannotProvision', `the role ${role} may not create databases`, {
      remedy: `Let it: ALTER ROLE "${role}" CREATEDB.`,
    });
}

/** Throws before anything is made when a run could not use the server of DATABASE_URL; returns its version. */
export async function requireGivenPostgres(url: string): Promise<string> {
  try {
    const identity = await meet(url);
    await connectAsService(url);
    requireRights(identity);
    return identity.version;
  } catch (error) {
    if (error instanceof CommandError) throw error;
    throw new CommandError(
      'cannotProvision',
      `The PostgreSQL of DATABASE_URL cannot be used: ${wordsOf(error)}`,
      {
        remedy: `${postgresRemedy(error)} Or unset DATABASE_URL: then a server is started.`,
        cause: error,
      },
    );
  }
}

/** Tries what a run asks of a PostgreSQL, in two databases of its own that are dropped. */
export async function tryPostgres(url: string, checkout: string): Promise<Trial[]> {
  await using made = new AsyncDisposableStack();
  let databases: Databases | null = null;
  const begun = (): Databases => databases as Databases;
  const steps: readonly Step[] = [
    { tried: 'connect', run: () => introduce(url) },
    {
      tried: 'create a database',
      run: async () => {
        requireRights(await meet(url));
        databases = await beginDatabases(url, checkout);
        made.defer(databases.end);
        await databases.create();
      },
    },
    { tried: 'clone it', run: () => begun().clone() },
    { tried: 'drop both', run: () => begun().drop() },
  ];
  return await tryInOrder('PostgreSQL', steps, postgresRemedy);
}

/** A database and its clone, which are nobody's when this process dies: the next run drops them. */
type Databases = {
  create(): Promise<void>;
  clone(): Promise<void>;
  drop(): Promise<void>;
  /** Drops what is still there, too. */
  end(): Promise<void>;
};

async function beginDatabases(url: string, checkout: string): Promise<Databases> {
  const admin = createDatabaseAdmin(await administrationUrl(url));
  const run = await startServerRun(admin.adminUrl, checkout);
  const name = `darkroom_doctor_${run.id}_1`;
  const clone = `darkroom_doctor_${run.id}_2`;
  const drop = async (): Promise<void> => {
    for (const database of [clone, name]) await admin.dropDatabase(database);
  };
  return {
    async create() {
      await admin.createDatabase(name, run.mark('draft'));
      await connectAsService(admin.urlOf(name));
    },
    clone: () => admin.createDatabase(clone, run.mark('world'), { template: name }),
    drop,
    async end() {
      await drop().catch(() => {});
      await run.end();
    },
  };
}

async function introduce(url: string): Promise<string> {
  const { version, role } = await meet(url);
  await connectAsService(url);
  return `PostgreSQL ${version}, as ${role}`;
}
