import pg from 'pg';
import { pingName } from '../contract/service-metrics.ts';
import { DarkroomError } from '../errors.ts';
import { connectionTo, keepsVersions } from './connection-settings.ts';
import { listenTo } from './listening.ts';
import type { ChannelListener, Listening } from './listening.ts';
import { codeOf, toRefusal } from './refusals.ts';
import type { Queries, Statement, TransactionQueries } from './statement.ts';
import { runTransaction } from './transaction.ts';
import type { Sending } from './transaction.ts';

/** A finished query, told to an observer. `errorType` is PostgreSQL's code, or the client's, or null. */
export type StorageEvent = {
  readonly statement: string;
  readonly durationMs: number;
  /** Of that, until it had a connection: all of it when it never got one. */
  readonly waitMs: number;
  readonly errorType: string | null;
};

export type Storage = Queries & {
  /**
   * Runs work on one connection between BEGIN and COMMIT; when it fails, nothing of it is kept. Rejects as `query` does, with
   * STORAGE_BUSY when the work takes longer than `limitMs`, or with what the work throws. Statements that come after its end
   * throw a RangeError.
   */
  transaction<T>(work: (queries: TransactionQueries) => Promise<T>, limitMs?: number): Promise<T>;
  /** Hears what others NOTIFY on the channel, until it is stopped or storage is closed. `beatMs`: as of `ListenOptions`. */
  listen(channel: string, listener: ChannelListener, beatMs?: number): Listening;
  /** Whether a query is answered in time. */
  isReady(): Promise<boolean>;
  readonly connectionsMax: number;
  /** Queries so far that were not sent, because too many others waited for a connection. */
  refusals(): number;
  connections(): { readonly used: number; readonly idle: number; readonly pending: number };
  close(): Promise<void>;
};

/** The driver waits for ever by default. Each bound is a little above the one inside it, so that the inner error is seen. */
const bounds = {
  connectionTimeoutMillis: 1_000,
  lock_timeout: 1_000,
  statement_timeout: 2_000,
  query_timeout: 2_500,
  idle_in_transaction_session_timeout: 2_000,
  idleTimeoutMillis: 30_000,
  maxLifetimeSeconds: 600,
} as const;

/** Requests that may wait for a connection; with more, waiting would last longer than the client does. */
const waitersPerConnectionMax = 20;

/** The work of a transaction is a few statements, each of which has its own bound. */
const transactionLimitMs = 5_000;

/** On connections with this option, triggers leave a message in the outbox for each action. */
const writesOutbox = '-c darkroom.outbox=on';

/**
 * PostgreSQL keeps the plan of a prepared statement that it has made while a table was empty, and then reads the whole table when
 * that has grown: 0.4 s instead of 0.2 ms for the next partition of 100,000 messages.
 */
const avoidsScans = '-c enable_seqscan=off';

/** `hasOutbox`: what is written leaves messages in the outbox. `usesIndexes`: tables that are empty at first are read by their indexes. */
export type StorageOptions = { readonly hasOutbox?: boolean; readonly usesIndexes?: boolean };

const ping: Statement = { name: pingName, text: 'SELECT 1' };

export function createStorage(
  databaseUrl: string,
  poolSize: number,
  observe: (event: StorageEvent) => void,
  storageOptions: StorageOptions = {},
): Storage {
  const pool = createPool(databaseUrl, poolSize, storageOptions);

  let refusals = 0;
  const refuseCrowd = (): void => {
    if (pool.waitingCount < poolSize * waitersPerConnectionMax) return;
    refusals += 1;
    throw tooManyWait();
  };
  const told = createTold(observe);
  const query = async <Row extends object>(
    statement: Statement,
    values: readonly unknown[],
  ): Promise<readonly Row[]> => {
    refuseCrowd();
    return told(statement.name, async (connected) => {
      const connection = await pool.connect();
      connected();
      return queryOn<Row>(connection, statement, values);
    });
  };
  const listenings = new Set<Listening>();

  return {
    query,
    transaction: async (work, limitMs = transactionLimitMs) => {
      refuseCrowd();
      return runTransaction({ connect: () => pool.connect(), told }, work, limitMs);
    },
    listen(channel, listener, beatMs) {
      const listening = listenTo({ databaseUrl, channel, listener, ...(beatMs !== undefined && { beatMs }) });
      listenings.add(listening);
      return {
        async stop() {
          listenings.delete(listening);
          await listening.stop();
        },
      };
    },
    isReady: () =>
      query(ping, []).then(
        () => true,
        () => false,
      ),
    connectionsMax: poolSize,
    refusals: () => refusals,
    connections: () => ({
      used: pool.totalCount - pool.idleCount,
      idle: pool.idleCount,
      pending: pool.waitingCount,
    }),
    async close() {
      await Promise.all([...listenings].map((listening) => listening.stop()));
      await pool.end();
    },
  };
}

/**
 * A connection may be cut at any time; without listeners that would end the process, where the next query notices. The pool itself
 * listens to those that are idle, and to none in the moment in which it gives one away.
 */
function createPool(
  databaseUrl: string,
  max: number,
  { hasOutbox = false, usesIndexes = false }: StorageOptions,
): pg.Pool {
  const options = [
    keepsVersions,
    ...(hasOutbox ? [writesOutbox] : []),
    ...(usesIndexes ? [avoidsScans] : []),
  ];
  const pool = new pg.Pool({ ...connectionTo(databaseUrl, options.join(' ')), max, ...bounds });
  const ignore = (): void => {};
  pool.on('error', ignore);
  pool.on('connect', (connection) => void connection.on('error', ignore));
  return pool;
}

const tooManyWait = (): DarkroomError =>
  new DarkroomError('OVERLOADED', 'Too many requests wait for storage; try again in a moment.', {
    isUnsent: true,
  });

/** Tells an observer of each statement how it went, and makes of its failure what that speaks of. */
function createTold(observe: (event: StorageEvent) => void): Sending['told'] {
  return async (statement, send) => {
    const startedAtMs = performance.now();
    let waitMs: number | null = null;
    let errorType: string | null = null;
    try {
      return await send(() => {
        waitMs = performance.now() - startedAtMs;
      });
    } catch (error) {
      errorType = codeOf(error);
      throw toRefusal(error, waitMs === null);
    } finally {
      const durationMs = performance.now() - startedAtMs;
      observe({ statement, durationMs, waitMs: waitMs ?? durationMs, errorType });
    }
  };
}

/** Gives the connection back afterwards, or drops it when the query has failed. */
async function queryOn<Row extends object>(
  connection: pg.PoolClient,
  { name, text }: Statement,
  values: readonly unknown[],
): Promise<readonly Row[]> {
  let hasFailed = true;
  try {
    const { rows } = await connection.query<Row>({ name, text, values: [...values] });
    hasFailed = false;
    return rows;
  } finally {
    connection.release(hasFailed);
  }
}
