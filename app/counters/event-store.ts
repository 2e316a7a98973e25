import { DarkroomError } from '../errors.ts';
import type { Queries, Statement } from '../storage/statement.ts';
import type { CounterKey, TimedEvent } from './counter.ts';

/**
 * An event is there once, however often it is sent. A frozen one is refused, whatever the clock of the sender and of the service say:
 * the rollup of its time may have been made.
 */
const insertEvent: Statement = {
  name: 'insert_counter_event',
  text: `
    WITH late AS MATERIALIZED (
      SELECT FROM counter_windows WHERE namespace = $1 AND frozen_up_to >= $4::timestamptz
    ), added AS (
      INSERT INTO counter_events (namespace, counter, event_bucket, event_time, token, delta, is_clear)
      SELECT $1, $2, $3::smallint, $4::timestamptz, $5, $6::bigint, $7::boolean WHERE NOT EXISTS (SELECT FROM late)
      ON CONFLICT DO NOTHING
    )
    SELECT EXISTS (SELECT FROM late) AS is_late`,
};

/**
 * Of each counter: base and the events of its range, after the last clear in it. What was before that clear is not even read.
 * Events count in the order of their time, and where that is the same, of their token.
 */
const sumEvents: Statement = {
  name: 'sum_counter_events',
  text: `
    SELECT (CASE WHEN cleared.event_time IS NULL THEN asked.base ELSE 0 END + summed.total)::text AS count,
      summed.events::integer, (extract(epoch FROM summed.oldest) * 1000)::bigint::text AS oldest_ms
    FROM unnest($1::text[], $2::text[], $3::smallint[], $4::bigint[], $5::timestamptz[], $6::timestamptz[])
      WITH ORDINALITY AS asked (namespace, counter, buckets, base, from_time, to_time, place)
    LEFT JOIN LATERAL (
      SELECT event_time, token FROM counter_events AS event
      WHERE event.is_clear AND event.namespace = asked.namespace AND event.counter = asked.counter
        AND event.event_time > asked.from_time AND event.event_time <= asked.to_time
      ORDER BY event_time DESC, token DESC LIMIT 1
    ) AS cleared ON true
    CROSS JOIN LATERAL (
      SELECT count(*) AS events, min(event.event_time) AS oldest,
        coalesce(sum(event.delta) FILTER (WHERE NOT event.is_clear AND (cleared.event_time IS NULL
          OR (event.event_time, event.token) > (cleared.event_time, cleared.token))), 0) AS total
      FROM generate_series(0, asked.buckets - 1) AS spread (bucket)
      JOIN counter_events AS event ON event.namespace = asked.namespace AND event.counter = asked.counter
        AND event.event_bucket = spread.bucket AND event.event_time > asked.from_time
        AND event.event_time <= asked.to_time
        AND event.event_time >= coalesce(cleared.event_time, asked.from_time)
    ) AS summed
    ORDER BY asked.place`,
};

/** A part of a counter's log, and the count before it. */
export type EventRange = CounterKey & {
  readonly buckets: number;
  /** A whole number in decimal. */
  readonly base: string;
  /** Exclusive; null: from the beginning. */
  readonly fromMs: number | null;
  /** Inclusive; null: to the end. */
  readonly toMs: number | null;
};

export type EventSum = {
  /** A whole number in decimal: it may be larger than a number can tell exactly. */
  readonly count: string;
  readonly events: number;
  readonly oldestMs: number | null;
};

/** A time as storage takes it. */
export const timeText = (ms: number | null, otherwise: '-infinity' | 'infinity'): string =>
  ms === null ? otherwise : new Date(ms).toISOString();

/** The log of events. */
export const eventStore = {
  /** Throws COUNTER_EVENT_TOO_OLD for an event whose time is frozen. */
  async append(queries: Queries, key: CounterKey, event: TimedEvent, bucket: number): Promise<void> {
    const { namespace, counter } = key;
    const { timeMs, token, delta, isClear } = event;
    const values = [namespace, counter, bucket, new Date(timeMs).toISOString(), token, delta, isClear];
    const [row] = await queries.query<{ is_late: boolean }>(insertEvent, values);
    if (row?.is_late === true)
      throw new DarkroomError(
        'COUNTER_EVENT_TOO_OLD',
        'Events of that time are rolled up already: this attempt has not counted it.',
      );
  },
  /** In the order of the ranges. */
  async sum(queries: Queries, ranges: readonly EventRange[]): Promise<readonly EventSum[]> {
    if (ranges.length === 0) return [];
    type Row = { count: string; events: number; oldest_ms: string | null };
    const rows = await queries.query<Row>(sumEvents, [
      ranges.map(({ namespace }) => namespace),
      ranges.map(({ counter }) => counter),
      ranges.map(({ buckets }) => buckets),
      ranges.map(({ base }) => base),
      ranges.map(({ fromMs }) => timeText(fromMs, '-infinity')),
      ranges.map(({ toMs }) => timeText(toMs, 'infinity')),
    ]);
    return rows.map(({ count, events, oldest_ms }) => ({
      count,
      events,
      oldestMs: oldest_ms === null ? null : Number(oldest_ms),
    }));
  },
};
