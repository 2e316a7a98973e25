import type { Figure } from '../../app/contract/figure.ts';
import { withConnection } from '../stack/admin-query.ts';
import type { Query } from '../stack/admin-query.ts';
import type { GuardFinding } from './records.ts';

/** What the database of a world says for figures that ask it: their values, and why some could not be had. */
export type Queried = {
  readonly values: Readonly<Record<string, number | null>>;
  readonly failures: readonly string[];
};

/** Asks one database; never throws. */
export type DatabaseReader = (database: string) => Promise<Queried>;

/**
 * The time for all figures together, of which each has an equal share: rounds follow each other, and a query
 * that took longer would end late in the next one.
 */
const limitMs = 1_000;

type Asking = { readonly name: string; readonly query: string };

/** Tells a query where its round began: `current_setting('darkroom.round_from', true)`. Empty at the first asking. */
const beginRound = `SELECT set_config('darkroom.round_from', $1, false), clock_timestamp()::text AS now`;

/**
 * Reads figures out of databases; null when none of the figures asks one. A query can only read, and the time of all is bounded.
 * The round that an asking ends began when the database was asked before, by the time of its server.
 */
export function createDatabaseReader(
  urlOf: (database: string) => string,
  figures: readonly Pick<Figure, 'name' | 'from'>[],
): DatabaseReader | null {
  const asking = figures.flatMap(({ name, from }): Asking[] =>
    'query' in from ? [{ name, query: from.query }] : [],
  );
  if (asking.length === 0) return null;
  const askedAt = new Map<string, string>();
  return async (database) => {
    try {
      return await withConnection(urlOf(database), async (query) => {
        const [begun] = await query<{ now: string }>(beginRound, [askedAt.get(database) ?? '']);
        if (begun !== undefined) askedAt.set(database, begun.now);
        return askAll(query, asking);
      });
    } catch (error) {
      return {
        values: Object.fromEntries(asking.map(({ name }) => [name, null])),
        failures: [(error as Error).message],
      };
    }
  };
}

/** What is said of figures that could not be had; it takes no verdict away. */
export function findingsOf(queried: Queried | undefined): GuardFinding[] {
  return (queried?.failures ?? []).map((message) => ({
    guard: 'figure-query',
    kind: 'soft',
    fault: 'service',
    message,
  }));
}

async function askAll(query: Query, asking: readonly Asking[]): Promise<Queried> {
  await query(`SET statement_timeout = ${Math.max(1, Math.floor(limitMs / asking.length))}`);
  await query('SET default_transaction_read_only = on');
  const values: Record<string, number | null> = {};
  const failures: string[] = [];
  for (const { name, query: statement } of asking) {
    try {
      values[name] = valueOf(await query<{ value?: unknown }>(statement));
    } catch (error) {
      values[name] = null;
      failures.push(`${name}: ${(error as Error).message}`);
    }
  }
  return { values, failures };
}

/** PostgreSQL's wide numbers come as text. Throws a RangeError for what is not one row with a column `value`. */
function valueOf(rows: readonly { readonly value?: unknown }[]): number | null {
  const [row] = rows;
  if (rows.length !== 1 || row === undefined || !('value' in row))
    throw new RangeError(`the query gave ${rows.length} rows, not one with a column "value"`);
  if (row.value === null) return null;
  const value = Number(row.value);
  if (!Number.isFinite(value)) throw new RangeError('the query gave no number');
  return value;
}
