import type { Queries, Statement } from '../storage/statement.ts';
import { idOf } from './counter.ts';
import type { CounterKey } from './counter.ts';
import type { CounterNamespace } from './counter-namespaces.ts';
import type { Slice } from './event-slices.ts';
import { timeText } from './event-store.ts';

const selectRollups: Statement = {
  name: 'select_counter_rollups',
  text: `
    SELECT namespace, counter, count::text, (extract(epoch FROM rollup_ts) * 1000)::bigint::text AS rollup_ms
    FROM unnest($1::text[], $2::text[]) AS asked (namespace, counter)
    JOIN counter_rollups USING (namespace, counter)`,
};

/**
 * Where the rollup of each counter stands, and what of its log comes after: the first event that is frozen, and the newest one at all.
 * It is asked of each bucket for one row.
 */
const selectAhead: Statement = {
  name: 'select_counters_ahead',
  text: `
    SELECT asked.place::integer - 1 AS place, coalesce(kept.count, 0)::text AS base,
      (extract(epoch FROM kept.rollup_ts) * 1000)::bigint::text AS from_ms,
      (extract(epoch FROM first.at) * 1000)::bigint::text AS first_ms,
      (extract(epoch FROM newest.at) * 1000)::bigint::text AS newest_ms
    FROM unnest($1::text[], $2::text[], $3::smallint[], $4::timestamptz[])
      WITH ORDINALITY AS asked (namespace, counter, buckets, to_time, place)
    LEFT JOIN counter_rollups AS kept ON kept.namespace = asked.namespace AND kept.counter = asked.counter
    CROSS JOIN LATERAL (SELECT coalesce(kept.rollup_ts, '-infinity') AS at) AS since
    CROSS JOIN LATERAL (
      SELECT min(event_time) AS at FROM generate_series(0, asked.buckets - 1) AS spread (bucket)
      CROSS JOIN LATERAL (
        SELECT event_time FROM counter_events AS event
        WHERE event.namespace = asked.namespace AND event.counter = asked.counter
          AND event.event_bucket = spread.bucket AND event.event_time > since.at AND event.event_time <= asked.to_time
        ORDER BY event_time LIMIT 1
      ) AS earliest
    ) AS first
    CROSS JOIN LATERAL (
      SELECT max(event_time) AS at FROM generate_series(0, asked.buckets - 1) AS spread (bucket)
      CROSS JOIN LATERAL (
        SELECT event_time FROM counter_events AS event
        WHERE event.namespace = asked.namespace AND event.counter = asked.counter
          AND event.event_bucket = spread.bucket AND event.event_time > since.at
        ORDER BY event_time DESC LIMIT 1
      ) AS latest
    ) AS newest
    ORDER BY asked.place`,
};

/**
 * What a rollup says is a function of its time: all events up to then. So of two workers, the one that has come further wins, whoever
 * writes last, and nobody needs a lock. Rows in their order: two batches do not wait for each other in a circle.
 */
const keepRollups: Statement = {
  name: 'keep_counter_rollups',
  text: `
    INSERT INTO counter_rollups AS kept (namespace, counter, count, rollup_ts, last_write_ts)
    SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::timestamptz[], $5::timestamptz[])
      AS rolled (namespace, counter, count, rollup_ts, last_write_ts)
    ORDER BY namespace, counter
    ON CONFLICT (namespace, counter) DO UPDATE
    SET count = excluded.count, rollup_ts = excluded.rollup_ts,
      last_write_ts = greatest(kept.last_write_ts, excluded.last_write_ts)
    WHERE kept.rollup_ts < excluded.rollup_ts
    RETURNING namespace, counter`,
};

/**
 * A page of the counters of a namespace that have events in a slice, by their names, and whether a rollup has not reached all of those.
 * It is asked for the next name and, of each bucket, for one event: a day of events is not read. Buckets that are not looked into since there
 * are fewer now hold events that nobody counts: they are kept.
 */
const selectBehind: Statement = {
  name: 'select_counters_behind',
  text: `
    WITH RECURSIVE page AS (
      (SELECT counter, 1 AS place FROM counter_events
       WHERE namespace = $1 AND counter > $3 AND event_time >= $4::timestamptz AND event_time < $5::timestamptz
       ORDER BY counter LIMIT 1)
      UNION ALL
      SELECT following.counter, page.place + 1 FROM page CROSS JOIN LATERAL (
        SELECT counter FROM counter_events
        WHERE namespace = $1 AND counter > page.counter AND event_time >= $4::timestamptz AND event_time < $5::timestamptz
        ORDER BY counter LIMIT 1
      ) AS following
      WHERE page.place < $6::integer
    )
    SELECT page.counter, EXISTS (
      SELECT FROM generate_series(0, $2::smallint - 1) AS spread (bucket) CROSS JOIN LATERAL (
        SELECT FROM counter_events AS event
        WHERE event.namespace = $1 AND event.counter = page.counter AND event.event_bucket = spread.bucket
          AND event.event_time > since.at AND event.event_time >= $4::timestamptz AND event.event_time < $5::timestamptz
        LIMIT 1
      ) AS one
    ) OR EXISTS (
      SELECT FROM counter_events AS event
      WHERE event.namespace = $1 AND event.counter = page.counter AND event.event_bucket >= $2::smallint
        AND event.event_time > since.at AND event.event_time >= $4::timestamptz AND event.event_time < $5::timestamptz
    ) AS is_behind
    FROM page LEFT JOIN counter_rollups AS kept ON kept.namespace = $1 AND kept.counter = page.counter
    CROSS JOIN LATERAL (SELECT coalesce(kept.rollup_ts, '-infinity') AS at) AS since
    ORDER BY page.counter`,
};

export type Rollup = {
  /** A whole number in decimal. */
  readonly count: string;
  readonly rollupMs: number;
};

/** What there is to roll up of a counter. */
export type Ahead = {
  readonly base: string;
  /** Up to when it is rolled up; null: never was. */
  readonly fromMs: number | null;
  /** The first event to add; null: there is none that is frozen. */
  readonly firstMs: number | null;
  /** The newest event that is not rolled up, frozen or not; null: there is none. */
  readonly newestMs: number | null;
};

export type RolledUp = CounterKey & Rollup & { readonly lastWriteMs: number };

export type BehindPage = {
  readonly behind: readonly CounterKey[];
  /** The last counter of the page; null: there are no more. */
  readonly last: string | null;
};

const numberOrNull = (text: string | null): number | null => (text === null ? null : Number(text));

/** Rollups of counters, as workers write them. */
export const rollupStore = {
  /** By the ids of the counters that have one. */
  async load(queries: Queries, keys: readonly CounterKey[]): Promise<ReadonlyMap<string, Rollup>> {
    if (keys.length === 0) return new Map();
    type Row = { namespace: string; counter: string; count: string; rollup_ms: string };
    const rows = await queries.query<Row>(selectRollups, [
      keys.map(({ namespace }) => namespace),
      keys.map(({ counter }) => counter),
    ]);
    return new Map(rows.map((row) => [idOf(row), { count: row.count, rollupMs: Number(row.rollup_ms) }]));
  },
  /** In the order of the keys. */
  async ahead(
    queries: Queries,
    keys: readonly (CounterKey & { readonly buckets: number; readonly toMs: number })[],
  ): Promise<readonly Ahead[]> {
    type Row = { base: string; from_ms: string | null; first_ms: string | null; newest_ms: string | null };
    const rows = await queries.query<Row>(selectAhead, [
      keys.map(({ namespace }) => namespace),
      keys.map(({ counter }) => counter),
      keys.map(({ buckets }) => buckets),
      keys.map(({ toMs }) => timeText(toMs, 'infinity')),
    ]);
    return rows.map((row) => ({
      base: row.base,
      fromMs: numberOrNull(row.from_ms),
      firstMs: numberOrNull(row.first_ms),
      newestMs: numberOrNull(row.newest_ms),
    }));
  },
  /** The ids of those that were not overtaken. */
  async keep(queries: Queries, rolled: readonly RolledUp[]): Promise<ReadonlySet<string>> {
    const rows = await queries.query<CounterKey>(keepRollups, [
      rolled.map(({ namespace }) => namespace),
      rolled.map(({ counter }) => counter),
      rolled.map(({ count }) => count),
      rolled.map(({ rollupMs }) => timeText(rollupMs, 'infinity')),
      rolled.map(({ lastWriteMs }) => timeText(lastWriteMs, 'infinity')),
    ]);
    return new Set(rows.map(idOf));
  },
  /** The next counters of a namespace that have events in a slice, after `last`, and those among them that are behind. */
  async behind(
    queries: Queries,
    { name, buckets }: Pick<CounterNamespace, 'name' | 'buckets'>,
    { startMs, endMs }: Pick<Slice, 'startMs' | 'endMs'>,
    last: string,
    most: number,
  ): Promise<BehindPage> {
    type Row = { counter: string; is_behind: boolean };
    const values = [name, buckets, last, timeText(startMs, '-infinity'), timeText(endMs, 'infinity'), most];
    const rows = await queries.query<Row>(selectBehind, values);
    const behind = rows.filter(({ is_behind }) => is_behind);
    return {
      behind: behind.map(({ counter }) => ({ namespace: name, counter })),
      last: rows.length < most ? null : (rows.at(-1)?.counter ?? null),
    };
  },
};
