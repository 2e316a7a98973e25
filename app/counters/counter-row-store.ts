import type { Queries, Statement } from '../storage/statement.ts';
import { idOf } from './counter.ts';
import type { CounterKey } from './counter.ts';
import { countMax, exactCount, tooLarge } from './exact-count.ts';

/** Answers no row where the count would leave the range of exact numbers. */
const raiseRow: Statement = {
  name: 'raise_counter_row',
  text: `
    INSERT INTO counter_rows AS kept (namespace, counter, count) VALUES ($1, $2, $3::bigint)
    ON CONFLICT (namespace, counter) DO UPDATE SET count = kept.count + excluded.count, version = kept.version + 1
    WHERE abs(kept.count + excluded.count) <= $4::bigint
    RETURNING count::text`,
};

const clearRow: Statement = {
  name: 'clear_counter_row',
  text: 'UPDATE counter_rows SET count = 0, version = version + 1 WHERE namespace = $1 AND counter = $2',
};

const selectRows: Statement = {
  name: 'select_counter_rows',
  text: `
    SELECT namespace, counter, count::text, version::text
    FROM unnest($1::text[], $2::text[]) AS asked (namespace, counter) JOIN counter_rows USING (namespace, counter)`,
};

const insertRow: Statement = {
  name: 'insert_counter_row',
  text: `
    INSERT INTO counter_rows (namespace, counter, count) VALUES ($1, $2, $3::bigint)
    ON CONFLICT DO NOTHING RETURNING 1`,
};

/** Compares and swaps. */
const swapRow: Statement = {
  name: 'swap_counter_row',
  text: `
    UPDATE counter_rows SET count = $3::bigint, version = version + 1
    WHERE namespace = $1 AND counter = $2 AND version = $4::bigint RETURNING 1`,
};

/** Many rows in their order, so that two flushes do not wait for each other in a circle. A count that would be too large stays. */
const raiseRows: Statement = {
  name: 'raise_counter_rows',
  text: `
    INSERT INTO counter_rows AS kept (namespace, counter, count)
    SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[]) AS flushed (namespace, counter, count)
    ORDER BY namespace, counter
    ON CONFLICT (namespace, counter) DO UPDATE SET count = kept.count + excluded.count, version = kept.version + 1
    WHERE abs(kept.count + excluded.count) <= $4::bigint`,
};

export type CounterRow = { readonly count: number; readonly version: string };

/** Counters that are one row each. */
export const counterRowStore = {
  /** Throws COUNTER_TOO_LARGE. */
  async raise(queries: Queries, { namespace, counter }: CounterKey, delta: number): Promise<number> {
    const [row] = await queries.query<{ count: string }>(raiseRow, [namespace, counter, delta, countMax]);
    if (row === undefined) throw tooLarge();
    return exactCount(row.count);
  },
  async raiseMany(queries: Queries, deltas: readonly (CounterKey & { readonly delta: number })[]) {
    await queries.query(raiseRows, [
      deltas.map(({ namespace }) => namespace),
      deltas.map(({ counter }) => counter),
      deltas.map(({ delta }) => delta),
      countMax,
    ]);
  },
  async clear(queries: Queries, { namespace, counter }: CounterKey): Promise<void> {
    await queries.query(clearRow, [namespace, counter]);
  },
  /** By the ids of the counters that have a row. */
  async load(queries: Queries, keys: readonly CounterKey[]): Promise<ReadonlyMap<string, CounterRow>> {
    type Row = { namespace: string; counter: string; count: string; version: string };
    const rows = await queries.query<Row>(selectRows, [
      keys.map(({ namespace }) => namespace),
      keys.map(({ counter }) => counter),
    ]);
    return new Map(
      rows.map((row) => [idOf(row), { count: exactCount(row.count), version: row.version }] as const),
    );
  },
  /** Sets the count if the row is as it was read; undefined: there was none. Answers whether it has. */
  async swap(
    queries: Queries,
    { namespace, counter }: CounterKey,
    read: CounterRow | undefined,
    count: number,
  ): Promise<boolean> {
    const rows =
      read === undefined
        ? await queries.query(insertRow, [namespace, counter, count])
        : await queries.query(swapRow, [namespace, counter, count, read.version]);
    return rows.length === 1;
  },
};
