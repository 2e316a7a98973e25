import pg from 'pg';
import { connectionTo } from '../../app/storage/connection-settings.ts';
import { CommandError } from '../errors.ts';
import { postgresRemedy } from './postgres-remedies.ts';
import { wordsOf } from './server-words.ts';

/** Runs one statement after another on a connection. */
export type Query = <Row extends object>(statement: string, values?: readonly unknown[]) => Promise<Row[]>;

/** Opens a connection, gives it to `work`, and closes it. Throws `serviceFailed` with the server's own words. */
export async function withConnection<T>(url: string, work: (query: Query) => Promise<T>): Promise<T> {
  const client = new pg.Client({ ...connectionTo(url), connectionTimeoutMillis: 5_000 });
  client.on('error', () => {});
  try {
    await client.connect();
    return await work(async <Row extends object>(statement: string, values: readonly unknown[] = []) => {
      return (await client.query<Row>(statement, [...values])).rows;
    });
  } catch (error) {
    throw error instanceof RangeError ? error : refusalOf(error);
  } finally {
    await client.end().catch(() => {});
  }
}

/** What is told when the server says no, or nothing: its own words, and what to do. */
export function refusalOf(error: unknown): CommandError {
  return new CommandError('serviceFailed', `PostgreSQL refused: ${wordsOf(error)}`, {
    remedy: postgresRemedy(error),
    cause: error,
  });
}

/** Whether the server refused since somebody is connected to the database. */
export function isInUseError(error: unknown): boolean {
  return error instanceof CommandError && (error.cause as { code?: string } | undefined)?.code === '55006';
}
