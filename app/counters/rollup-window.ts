import type { Clock } from '../clock.ts';
import type { Queries, Statement } from '../storage/statement.ts';

/**
 * Up to when the events of a namespace may be rolled up: nothing may come into that range any more. Three things see to it.
 * The clock of the world: the end is as old as the limit at which events are refused, and a margin for clocks that differ.
 * Storage: the end is written down first, and an insert that sees it refuses what is not newer, however late it was sent.
 * Transactions: one that had begun before the end was written down may hold an event that nobody sees yet. While there is one, the
 * end is an earlier one, which that transaction has seen.
 */
const freezeWindow: Statement = {
  name: 'freeze_counter_window',
  text: `
    INSERT INTO counter_windows AS kept (namespace, frozen_up_to) VALUES ($1, $2::timestamptz)
    ON CONFLICT (namespace) DO UPDATE SET frozen_up_to = excluded.frozen_up_to
    WHERE kept.frozen_up_to < excluded.frozen_up_to`,
};

/**
 * The time by the server's clock, and when the oldest open transaction began that may hold an event. A transaction
 * without a number and without a snapshot has written nothing so far, and its next statement sees the end that was
 * written down. Only times of the same server are compared.
 */
const selectOldest: Statement = {
  name: 'select_oldest_writer',
  text: `
    SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint::text AS seen_us,
      (SELECT (extract(epoch FROM min(xact_start)) * 1000000)::bigint::text FROM pg_stat_activity
       WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
         AND (backend_xid IS NOT NULL OR backend_xmin IS NOT NULL)) AS oldest_us`,
};

/** Clocks of processes of one world differ by less: they follow one machine's. */
export const skewMs = 200;
/** Statements take a few milliseconds: one that runs now is over by then, and the newest end can be taken. */
const looksAgainAfterMs = [2, 10, 30] as const;
/** So many ends are known from before. A transaction that is older than all of them holds rollups up. */
const endsMax = 64;

export type RollupWindow = {
  /** Writes down a new end, and answers up to when events may be read now; null: that is not known yet. */
  advance(): Promise<number | null>;
};

export type RollupWindowOptions = {
  readonly queries: Queries;
  readonly clock: Clock;
  readonly namespace: { readonly name: string; readonly acceptLimitMs: number };
  readonly wait: (ms: number) => Promise<unknown>;
};

/** An end that was written down, and a moment after that by the server's clock. */
type End = { readonly endMs: number; readonly knownUs: number };

export function createRollupWindow({ queries, clock, namespace, wait }: RollupWindowOptions): RollupWindow {
  const ends: End[] = [];
  const look = async () => {
    const [row] = await queries.query<{ seen_us: string; oldest_us: string | null }>(selectOldest, []);
    return { seenUs: Number(row?.seen_us), oldestUs: Number(row?.oldest_us ?? Infinity) };
  };
  return {
    async advance() {
      const endMs = Math.floor(clock.now()) - namespace.acceptLimitMs - skewMs;
      await queries.query(freezeWindow, [namespace.name, new Date(endMs).toISOString()]);
      const first = await look();
      ends.push({ endMs, knownUs: first.seenUs });
      if (ends.length > endsMax) ends.shift();
      let { oldestUs } = first;
      for (const pauseMs of looksAgainAfterMs) {
        if (oldestUs >= first.seenUs) break;
        await wait(pauseMs);
        ({ oldestUs } = await look());
      }
      return ends.findLast(({ knownUs }) => knownUs <= oldestUs)?.endMs ?? null;
    },
  };
}
