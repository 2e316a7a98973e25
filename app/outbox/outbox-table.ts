import type { Queries, Statement } from '../storage/statement.ts';

/** Rotates over as many partitions as the migration has made. */
export const partitionCount = 16;

/** Counting more would take longer than it is worth. */
const countedMax = 100_000;

/** An author's messages wait behind one that is to be tried again. */
const authorsThatWait = `
      SELECT author_id FROM outbox WHERE next_attempt_at > to_timestamp($1::double precision / 1000)`;

/** One statement without a lock: a worker that was woken looks several times more often than it finds something. */
const selectWork: Statement = {
  name: 'select_work',
  text: `SELECT FROM outbox WHERE author_id NOT IN (${authorsThatWait}) LIMIT 1`,
};

/**
 * The first partition from `$2` on that has work and that nobody holds. It is held until the transaction ends. The limit within keeps
 * PostgreSQL from reading all messages of all partitions where one of each is enough.
 */
const claimPartition: Statement = {
  name: 'claim_partition',
  text: `
    SELECT held.id FROM outbox_partitions AS held CROSS JOIN LATERAL (
      SELECT FROM outbox WHERE partition = held.id AND author_id NOT IN (${authorsThatWait}) ORDER BY id LIMIT 1
    ) AS first
    ORDER BY (held.id - $2::integer) & ${partitionCount - 1} LIMIT 1
    FOR UPDATE OF held SKIP LOCKED`,
};

/** A statement of its own, after the claim: it sees all that the one who held the partition before has removed. */
const selectMessages: Statement = {
  name: 'select_messages',
  text: `
    SELECT id, author_id, type, payload, attempts, done, extract(epoch FROM created_at)::double precision * 1000 AS created_at_ms
    FROM outbox WHERE partition = $2 AND author_id NOT IN (${authorsThatWait})
    ORDER BY id LIMIT $3`,
};

const deleteMessages: Statement = {
  name: 'delete_messages',
  text: 'DELETE FROM outbox WHERE partition = $1 AND id = ANY ($2::bigint[])',
};

const postponeMessage: Statement = {
  name: 'postpone_message',
  text: `
    UPDATE outbox SET attempts = attempts + 1, done = $3, next_attempt_at = to_timestamp($4::double precision / 1000)
    WHERE partition = $1 AND id = $2`,
};

const buryMessage: Statement = {
  name: 'bury_message',
  text: `
    WITH removed AS (DELETE FROM outbox WHERE partition = $1 AND id = $2 RETURNING *)
    INSERT INTO outbox_dead_letters (id, author_id, type, payload, created_at, attempts, done, died_at, consumer, reason)
    SELECT id, author_id, type, payload, created_at, attempts + 1, $3, to_timestamp($4::double precision / 1000), $5, $6
    FROM removed`,
};

const measureOutbox: Statement = {
  name: 'measure_outbox',
  text: `
    SELECT (SELECT count(*) FROM (SELECT FROM outbox LIMIT ${countedMax}) AS counted)::integer AS depth,
      (SELECT count(*) FROM (SELECT FROM outbox_dead_letters LIMIT ${countedMax}) AS counted)::integer AS dead_letters,
      (SELECT extract(epoch FROM min(first.created_at))::double precision * 1000
        FROM outbox_partitions AS held CROSS JOIN LATERAL (
          SELECT created_at FROM outbox WHERE partition = held.id ORDER BY id LIMIT 1
        ) AS first) AS oldest_at_ms`,
};

/** A message as it is stored: of any type, since a newer version may have written it. */
export type StoredMessage = {
  readonly id: string;
  readonly authorId: number;
  readonly type: string;
  readonly payload: Readonly<Record<string, unknown>>;
  readonly createdAtMs: number;
  readonly attempts: number;
  /** Names of the consumers that have it already. */
  readonly done: readonly string[];
};

/** `done`: the consumers that have it by now. */
type FailedMessage = { readonly partition: number; readonly id: string; readonly done: readonly string[] };

type MessageRow = {
  id: string;
  author_id: number;
  type: string;
  payload: Record<string, unknown>;
  created_at_ms: number;
  attempts: number;
  done: string[];
};

/** On the connection of a transaction, but for `hasWork` and `measure`. */
export const outboxTable = {
  /** Whether there are messages to work off, also such as others do meanwhile. */
  async hasWork(queries: Queries, nowMs: number): Promise<boolean> {
    return (await queries.query(selectWork, [nowMs])).length > 0;
  },
  /** The partition that is held from now on; null: there is no work, or others hold what has some. */
  async claim(queries: Queries, nowMs: number, from: number): Promise<number | null> {
    const [row] = await queries.query<{ id: number }>(claimPartition, [nowMs, from]);
    return row?.id ?? null;
  },
  /** In the order of their ids. */
  async read(queries: Queries, nowMs: number, partition: number, most: number): Promise<StoredMessage[]> {
    const rows = await queries.query<MessageRow>(selectMessages, [nowMs, partition, most]);
    return rows.map((row) => ({
      id: row.id,
      authorId: row.author_id,
      type: row.type,
      payload: row.payload,
      createdAtMs: row.created_at_ms,
      attempts: row.attempts,
      done: row.done,
    }));
  },
  async remove(queries: Queries, partition: number, ids: readonly string[]): Promise<void> {
    await queries.query(deleteMessages, [partition, ids]);
  },
  /** Until that time; then it is tried again. */
  async postpone(queries: Queries, { partition, id, done }: FailedMessage, untilMs: number): Promise<void> {
    await queries.query(postponeMessage, [partition, id, done, untilMs]);
  },
  async bury(
    queries: Queries,
    { partition, id, done }: FailedMessage,
    death: { readonly atMs: number; readonly consumer: string; readonly reason: string },
  ): Promise<void> {
    await queries.query(buryMessage, [partition, id, done, death.atMs, death.consumer, death.reason]);
  },
  async measure(queries: Queries) {
    type Row = { depth: number; dead_letters: number; oldest_at_ms: number | null };
    const [row] = await queries.query<Row>(measureOutbox, []);
    return {
      depth: row?.depth ?? 0,
      deadLetters: row?.dead_letters ?? 0,
      oldestAtMs: row?.oldest_at_ms ?? null,
    };
  },
} as const;
