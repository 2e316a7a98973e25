import type { Queries, Statement } from '../storage/statement.ts';

/** So many are replayed at once; the next call takes the next ones. */
const replayedMax = 10_000;

const selectDeadLetters: Statement = {
  name: 'select_dead_letters',
  text: `
    SELECT id, author_id, type, payload, created_at, died_at, attempts, done, consumer, reason,
      count(*) OVER ()::integer AS total
    FROM outbox_dead_letters ORDER BY id LIMIT $1`,
};

/** They keep their ids, and consumers that have them already: these do not get them again. */
const replayMessages: Statement = {
  name: 'replay_messages',
  text: `
    WITH chosen AS (
      DELETE FROM outbox_dead_letters WHERE id IN (
        SELECT id FROM outbox_dead_letters WHERE $1::bigint[] IS NULL OR id = ANY ($1) ORDER BY id LIMIT ${replayedMax}
      ) RETURNING id, author_id, type, payload, created_at, done
    ), replayed AS (
      INSERT INTO outbox (id, author_id, type, payload, created_at, done) SELECT * FROM chosen RETURNING id
    ), told AS (
      SELECT pg_notify('darkroom_outbox', '')
    )
    SELECT id FROM replayed, told ORDER BY id`,
};

export type DeadLetter = {
  readonly id: string;
  readonly authorId: number;
  readonly type: string;
  readonly payload: Readonly<Record<string, unknown>>;
  readonly createdAt: string;
  readonly diedAt: string;
  readonly attempts: number;
  /** Names of the consumers that have it. */
  readonly done: readonly string[];
  /** The one that failed last; empty: no consumer knows such messages. */
  readonly consumer: string;
  readonly reason: string;
};

type Row = {
  id: string;
  author_id: number;
  type: string;
  payload: Record<string, unknown>;
  created_at: Date;
  died_at: Date;
  attempts: number;
  done: string[];
  consumer: string;
  reason: string;
  total: number;
};

/** Messages that were given up, the oldest first: so many of them, and how many there are. */
export async function listDeadLetters(
  queries: Queries,
  most: number,
): Promise<{ readonly total: number; readonly letters: readonly DeadLetter[] }> {
  const rows = await queries.query<Row>(selectDeadLetters, [most]);
  const letters = rows.map((row) => ({
    id: row.id,
    authorId: row.author_id,
    type: row.type,
    payload: row.payload,
    createdAt: row.created_at.toISOString(),
    diedAt: row.died_at.toISOString(),
    attempts: row.attempts,
    done: row.done,
    consumer: row.consumer,
    reason: row.reason,
  }));
  return { total: rows[0]?.total ?? 0, letters };
}

/** Puts dead letters back into the outbox: those of these ids, or all. Answers the ids of those that were there. */
export async function replayDeadLetters(
  queries: Queries,
  ids: readonly string[] | null,
): Promise<readonly string[]> {
  const rows = await queries.query<{ id: string }>(replayMessages, [ids]);
  return rows.map(({ id }) => id);
}
