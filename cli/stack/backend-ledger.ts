import type { ProcessTimes } from './cpu-accounting.ts';

/** CPU of PostgreSQL since the ledger was opened, microseconds. */
export type PostgresCpu = {
  readonly byDatabase: ReadonlyMap<string, number>;
  /** Of no database: the postmaster, checkpointer, WAL writer, I/O workers, and what ended before it was seen. */
  readonly sharedUs: number;
};

/** A process of PostgreSQL at one moment. */
export type Backend = {
  /** Unique, also where a later process has the same number. */
  readonly id: string;
  /** Null: it works for no database, or for none yet. */
  readonly database: string | null;
  readonly cpuUs: number;
};

export type PostgresReading = {
  /** Read before the backends: one that ends in between is then missing for a moment, and never counted twice. */
  readonly postmaster: Pick<ProcessTimes, 'ownUs' | 'reapedUs'>;
  readonly backends: readonly Backend[];
};

export type Ledger = {
  add(reading: PostgresReading): void;
  totals(): PostgresCpu;
};

type Account = { database: string | null; readonly fromUs: number; untilUs: number };

/**
 * Keeps account of who used the CPU of PostgreSQL. When a backend ends, its count is gone, so the ledger
 * keeps the last one that it read. The postmaster counts what all ended children used up to their end: the
 * part of that which no last reading holds belongs to no known database, and is shared.
 */
export function openLedger(first: PostgresReading): Ledger {
  const live = new Map<string, Account>();
  const closed = new Map<string | null, number>();
  let endedSeenUs = 0;
  let unseenUs = 0;
  let ownUs = 0;
  for (const { id, database, cpuUs } of first.backends)
    live.set(id, { database, fromUs: cpuUs, untilUs: cpuUs });

  const closeEnded = (present: ReadonlySet<string>): void => {
    for (const [id, account] of live) {
      if (present.has(id)) continue;
      live.delete(id);
      addTo(closed, account);
      endedSeenUs += account.untilUs;
    }
  };
  return {
    add({ postmaster, backends }) {
      for (const { id, database, cpuUs } of backends) {
        const account = live.get(id) ?? { database, fromUs: 0, untilUs: 0 };
        account.database = database ?? account.database;
        account.untilUs = Math.max(account.untilUs, cpuUs);
        live.set(id, account);
      }
      closeEnded(new Set(backends.map(({ id }) => id)));
      ownUs = postmaster.ownUs - first.postmaster.ownUs;
      // The postmaster counts a child only a moment after it has ended; meanwhile, what was already known to
      // be unseen must not shrink.
      unseenUs = Math.max(unseenUs, postmaster.reapedUs - first.postmaster.reapedUs - endedSeenUs);
    },
    totals() {
      const sums = new Map(closed);
      for (const account of live.values()) addTo(sums, account);
      const byDatabase = new Map<string, number>();
      for (const [database, cpuUs] of sums) if (database !== null) byDatabase.set(database, cpuUs);
      return { byDatabase, sharedUs: ownUs + unseenUs + (sums.get(null) ?? 0) };
    },
  };
}

function addTo(sums: Map<string | null, number>, { database, fromUs, untilUs }: Account): void {
  sums.set(database, (sums.get(database) ?? 0) + untilUs - fromUs);
}
