import pg from 'pg';
import { connectionTo } from '../../app/storage/connection-settings.ts';
import { openLedger } from './backend-ledger.ts';
import type { Backend, Ledger, PostgresCpu, PostgresReading } from './backend-ledger.ts';
import { childrenOf, readProcessTimes } from './cpu-accounting.ts';
import type { PostgresServer } from './postgres-server.ts';

/** Reads again and again who uses the CPU of PostgreSQL. */
export type PostgresCpuSampler = {
  /** As of now. Null for a PostgreSQL that is not ours, off Linux, and when it does not answer in time. */
  read(): Promise<PostgresCpu | null>;
  stop(): Promise<void>;
};

/** Calls `run` every so often until the returned function is called. `run` never rejects. */
export type Repeat = (run: () => Promise<void>, everyMs: number) => () => void;

export type SamplerSettings = {
  /** The last stretch of a backend that ends, at most this long, counts as shared. */
  readonly everyMs?: number;
  readonly repeat?: Repeat;
};

const second = 1_000;
/** An answer takes milliseconds; a reading that hangs must not hold up those after it. */
const answerLimitMs = 5_000;

const listBackends = `
  SELECT pid, backend_start::text AS started, CASE WHEN pid = pg_backend_pid() THEN NULL ELSE datname END AS database
  FROM pg_stat_activity`;

type Row = { readonly pid: number; readonly started: string | null; readonly database: string | null };

type ListedBackend = Backend & { readonly pid: number };
type ListedReading = PostgresReading & { readonly backends: readonly ListedBackend[] };

const nobody: PostgresCpuSampler = { read: async () => null, stop: async () => {} };

const repeatByTimer: Repeat = (run, everyMs) => {
  const timer = setInterval(() => void run(), everyMs);
  return () => clearInterval(timer);
};

/** Starts to read by one connection of its own, which counts as shared. What was used before is not counted. */
export async function startPostgresCpu(
  postgres: Pick<PostgresServer, 'pid' | 'adminUrl'>,
  { everyMs = second, repeat = repeatByTimer }: SamplerSettings = {},
): Promise<PostgresCpuSampler> {
  const { pid } = postgres;
  if (pid === null || readProcessTimes(pid) === null) return nobody;
  const connection = createConnection(postgres.adminUrl);
  let ledger: Ledger | null = null;
  let running: Promise<boolean> | null = null;
  const sample = async (): Promise<boolean> => {
    const found = await readOnce(pid, connection);
    if (found === null) return false;
    if (ledger === null) ledger = openLedger({ ...found, backends: withUnlisted(pid, found.backends) });
    else ledger.add(found);
    return true;
  };
  const begin = (): Promise<boolean> => {
    const begun = sample().finally(() => {
      running = null;
    });
    running = begun;
    return begun;
  };
  await begin();
  const cancel = repeat(async () => {
    if (running === null) await begin();
  }, everyMs);
  return {
    async read() {
      // A reading that runs already may have begun before what the caller wants to see.
      while (running !== null) await running;
      return (await begin()) ? (ledger?.totals() ?? null) : null;
    },
    async stop() {
      cancel();
      await running;
      await connection.close();
    },
  };
}

/** Null when the server does not answer; the next reading connects anew. */
async function readOnce(postmasterPid: number, connection: Connection): Promise<ListedReading | null> {
  const rows = await connection.list();
  const postmaster = readProcessTimes(postmasterPid);
  if (postmaster === null || rows === null) return null;
  return { postmaster, backends: rows.flatMap((row) => backendOf(postmasterPid, row)) };
}

/**
 * Empty where the backend has ended since it was listed, also where its number is another process's already.
 */
function backendOf(postmasterPid: number, { pid, started, database }: Row): ListedBackend[] {
  const times = readProcessTimes(pid);
  if (times?.parent !== postmasterPid) return [];
  return [{ id: `${pid} ${started}`, pid, database, cpuUs: times.ownUs + times.reapedUs }];
}

/**
 * The backends of the first reading, also those that are about to end and are not listed any more: what they
 * have used so far was used before the ledger opened, and must not be counted.
 */
function withUnlisted(postmasterPid: number, listed: readonly ListedBackend[]): Backend[] {
  const known = new Set(listed.map(({ pid }) => pid));
  const others = childrenOf(postmasterPid).filter((pid) => !known.has(pid));
  const unlisted = { started: null, database: null };
  return [...listed, ...others.flatMap((pid) => backendOf(postmasterPid, { pid, ...unlisted }))];
}

type Connection = { list(): Promise<readonly Row[] | null>; close(): Promise<void> };

function createConnection(url: string): Connection {
  let client: pg.Client | null = null;
  const close = async () => {
    const ending = client;
    client = null;
    await ending?.end().catch(() => {});
  };
  const connect = async (): Promise<pg.Client> => {
    const fresh = new pg.Client({
      ...connectionTo(url),
      connectionTimeoutMillis: answerLimitMs,
      query_timeout: answerLimitMs,
    });
    fresh.on('error', () => {});
    client = fresh;
    await fresh.connect();
    return fresh;
  };
  return {
    async list() {
      try {
        return (await (client ?? (await connect())).query<Row>(listBackends)).rows;
      } catch {
        // A server that does not answer does not hear the farewell either.
        close().catch(() => {});
        return null;
      }
    },
    close,
  };
}
