import pg from 'pg';
import { pingName } from '../contract/service-metrics.ts';
import { DarkroomError } from '../errors.ts';
import type { ErrorCode } from '../errors.ts';
import { connectionTo } from './connection-settings.ts';
import { keepsVersions } from './keeps-versions.ts';
import { concernOf } from './refusals.ts';
import type { Concern } from './refusals.ts';

/** A statement of a store file: prepared once per connection under its name. */
export type Statement = { readonly name: string; readonly text: string };

/** A finished query, told to an observer. `errorType` is PostgreSQL's code, or the client's, or null. */
export type StorageEvent = {
  readonly statement: string;
  readonly durationMs: number;
  /** Of that, until it had a connection: all of it when it never got one. */
  readonly waitMs: number;
  readonly errorType: string | null;
};

export type Storage = {
  /**
   * Rejects with what the refusal speaks of: STORAGE_UNAVAILABLE, STORAGE_REFUSES_WRITES, STORAGE_BUSY or ROW_REFUSED; with
   * INVALID_REQUEST or OVERLOADED; or with the driver's own error, where nobody knows that.
   */
  query<Row extends object>(statement: Statement, values: readonly unknown[]): Promise<readonly Row[]>;
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

/** What a refusal becomes. */
const answers: Readonly<Record<Concern, readonly [code: ErrorCode, message: string]>> = {
  server: ['STORAGE_UNAVAILABLE', 'Storage does not answer; try again in a moment.'],
  writes: ['STORAGE_REFUSES_WRITES', 'Storage takes no writes; try again in a moment.'],
  moment: ['STORAGE_BUSY', 'Storage cannot do this now; try again in a moment.'],
  row: ['ROW_REFUSED', 'Storage does not allow what was to be stored.'],
};
/** Text with a character that PostgreSQL does not have: U+0000. */
const unstorableText = '22021';

const ping: Statement = { name: pingName, text: 'SELECT 1' };

function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : 'timeout';
}

function concernOfError(error: unknown): Concern | undefined {
  if (error instanceof pg.DatabaseError) return concernOf(error.code ?? '');
  // A mistake in a call. All else that the driver throws is of the connection: its time-outs and handshakes have no code.
  return error instanceof TypeError || error instanceof RangeError ? undefined : 'server';
}

/** The error of the driver as one of the service's own, as far as it is known of what it speaks. */
function toRefusal(error: unknown): unknown {
  if (codeOf(error) === unstorableText)
    return new DarkroomError('INVALID_REQUEST', 'The text has the character U+0000.', { cause: error });
  const concern = concernOfError(error);
  if (concern === undefined) return error;
  const [code, message] = answers[concern];
  return new DarkroomError(code, message, { cause: error });
}

export function createStorage(
  databaseUrl: string,
  poolSize: number,
  observe: (event: StorageEvent) => void,
): Storage {
  const pool = new pg.Pool({ ...connectionTo(databaseUrl, keepsVersions), max: poolSize, ...bounds });
  // An idle connection may be cut at any time; without a listener that would end the process. The next query notices.
  pool.on('error', () => {});

  let refusals = 0;
  const query = async <Row extends object>(
    statement: Statement,
    values: readonly unknown[],
  ): Promise<readonly Row[]> => {
    if (pool.waitingCount >= poolSize * waitersPerConnectionMax) {
      refusals += 1;
      throw new DarkroomError('OVERLOADED', 'Too many requests wait for storage; try again in a moment.');
    }
    const startedAtMs = performance.now();
    let waitMs: number | null = null;
    let errorType: string | null = null;
    try {
      const connection = await pool.connect();
      waitMs = performance.now() - startedAtMs;
      return await queryOn<Row>(connection, statement, values);
    } catch (error) {
      errorType = codeOf(error);
      throw toRefusal(error);
    } finally {
      const durationMs = performance.now() - startedAtMs;
      observe({ statement: statement.name, durationMs, waitMs: waitMs ?? durationMs, errorType });
    }
  };

  return {
    query,
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
    close: () => pool.end(),
  };
}

/** Gives the connection back afterwards, or drops it when the query has failed. */
async function queryOn<Row extends object>(
  connection: pg.PoolClient,
  { name, text }: Statement,
  values: readonly unknown[],
): Promise<readonly Row[]> {
  // A connection that is lost rejects its query; without a listener the event beside it would end the process.
  const ignore = () => {};
  connection.on('error', ignore);
  let hasFailed = true;
  try {
    const { rows } = await connection.query<Row>({ name, text, values: [...values] });
    hasFailed = false;
    return rows;
  } finally {
    connection.off('error', ignore);
    connection.release(hasFailed);
  }
}

/** Whether a query failed because it names a row that does not exist. */
export function isMissingReference(error: unknown): boolean {
  return error instanceof DarkroomError && codeOf(error.cause) === '23503';
}
