import pg from 'pg';
import { DarkroomError } from '../errors.ts';

/** A statement of a store file: prepared once per connection under its name. */
export type Statement = { readonly name: string; readonly text: string };

/** A finished query, told to an observer. `errorType` is PostgreSQL's code, or the client's, or null. */
export type StorageEvent = {
  readonly statement: string;
  readonly durationMs: number;
  readonly errorType: string | null;
};

export type Storage = {
  /** Rejects with STORAGE_UNAVAILABLE or OVERLOADED; a violated constraint comes as the driver's own error. */
  query<Row extends object>(statement: Statement, values: readonly unknown[]): Promise<readonly Row[]>;
  /** Whether a query is answered in time. */
  isReady(): Promise<boolean>;
  readonly connectionsMax: number;
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

/** Lost connections, lost races, full servers, waits that were cut short, shutdowns: worth trying again later. */
const unavailable = /^(08|40|53|55P03|57)|^(ECONN|EPIPE|ENOTFOUND|ETIMEDOUT)/;
/** Text with a character that PostgreSQL does not have: U+0000. */
const unstorableText = '22021';

const ping: Statement = { name: 'ping', text: 'SELECT 1' };

function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : 'timeout';
}

export function createStorage(
  databaseUrl: string,
  poolSize: number,
  observe: (event: StorageEvent) => void,
): Storage {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: poolSize, ...bounds });
  // An idle connection may be cut at any time; without a listener that would end the process. The next query notices.
  pool.on('error', () => {});

  const query = async <Row extends object>(
    statement: Statement,
    values: readonly unknown[],
  ): Promise<readonly Row[]> => {
    if (pool.waitingCount >= poolSize * waitersPerConnectionMax) {
      throw new DarkroomError('OVERLOADED', 'Too many requests wait for storage; try again in a moment.');
    }
    const startedAtMs = performance.now();
    let errorType: string | null = null;
    try {
      const { rows } = await pool.query<Row>({
        name: statement.name,
        text: statement.text,
        values: [...values],
      });
      return rows;
    } catch (error) {
      errorType = codeOf(error);
      if (errorType === 'timeout' || unavailable.test(errorType)) {
        throw new DarkroomError('STORAGE_UNAVAILABLE', 'Storage does not answer; try again in a moment.', {
          cause: error,
        });
      }
      if (errorType === unstorableText)
        throw new DarkroomError('INVALID_REQUEST', 'The text has the character U+0000.', { cause: error });
      throw error;
    } finally {
      observe({ statement: statement.name, durationMs: performance.now() - startedAtMs, errorType });
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
    connections: () => ({
      used: pool.totalCount - pool.idleCount,
      idle: pool.idleCount,
      pending: pool.waitingCount,
    }),
    close: () => pool.end(),
  };
}

/** Whether a query failed because it names a row that does not exist. */
export function isMissingReference(error: unknown): boolean {
  return (error as { code?: unknown } | null)?.code === '23503';
}
