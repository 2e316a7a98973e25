import { DarkroomError } from '../errors.ts';
import type { Storage } from '../storage/postgres.ts';
import type { Queries, Statement, TransactionQueries } from '../storage/statement.ts';
import { idOf } from './counter.ts';
import type { CounterKey } from './counter.ts';
import type { CounterService } from './counter-service.ts';
import type { OwnLikes } from './own-likes.ts';

/** What the photo service counts where counts are kept apart, each in the namespace of its name. */
export type CountedThing = 'likes' | 'followers';

/** By how much a count changes: likes of a photo, followers of a person. */
export type CountChange = {
  readonly of: CountedThing;
  readonly id: number;
  readonly by: number;
  /** The people who made the change: they are shown it at once. */
  readonly people?: readonly number[];
};

/** A statement in two forms: one counts in the row that it changes, the other one leaves the counting to counters. */
export type CountedStatement = { readonly inRow: Statement; readonly apart: Statement };

/** Changes of rows of which something is counted. */
export type CountedChanges = {
  readonly areApart: boolean;
  /**
   * Changes rows and what is counted of them, both or none. `counted` says of each row that comes back what it counts. Inside
   * `queries` where given: a transaction of the caller.
   */
  change<Row extends object>(
    statement: CountedStatement,
    values: readonly unknown[],
    counted: (row: Row) => CountChange | null,
    queries?: TransactionQueries,
  ): Promise<readonly Row[]>;
};

/** Counts in the rows: one statement does it all. */
export function countInRows(storage: Queries): CountedChanges {
  return {
    areApart: false,
    change: ({ inRow }, values, _, queries) => (queries ?? storage).query(inRow, values),
  };
}

export type CountApartParts = {
  readonly storage: Pick<Storage, 'query' | 'transaction'>;
  readonly counters: Pick<CounterService, 'add' | 'committed'>;
  /** Whether a count commits with its rows. Where not, it is made after the commit, and is lost with a process that dies in between. */
  readonly countsInCommit: boolean;
  /** Null: counts are not late, or nobody knows what is in them. */
  readonly ownLikes: OwnLikes | null;
};

/**
 * Counts by counters. Events need no token that is known beforehand: a row is added or removed once, however
 * often that is asked for, and so its event comes once. A token that named the person would outlive the
 * account.
 */
export function countApart(parts: CountApartParts): CountedChanges {
  const { storage, counters, countsInCommit, ownLikes } = parts;
  const count = async (
    changes: readonly CountChange[],
    queries?: TransactionQueries,
  ): Promise<readonly Own[]> => {
    const own: Own[] = [];
    // In the order of their names, as all lock them: two that lock rows of the same counters do not wait for each other in a circle.
    const keyed = changes.map((change) => ({
      ...change,
      key: { namespace: change.of, counter: String(change.id) },
    }));
    for (const { key, id, by, people = [] } of keyed.toSorted(byCounter)) {
      const { generationTimeMs: atMs } = await counters.add(key, { delta: by }, queries);
      queries?.afterCommit(() => counters.committed(key));
      own.push({ id, people, atMs });
    }
    return own;
  };
  return {
    areApart: true,
    async change<Row extends object>(
      { apart }: CountedStatement,
      values: readonly unknown[],
      counted: (row: Row) => CountChange | null,
      queries?: TransactionQueries,
    ) {
      const changeIn = (within: Queries) => within.query<Row>(apart, values);
      const changesOf = (rows: readonly Row[]) => rows.flatMap((row) => counted(row) ?? []);
      if (!countsInCommit) {
        const rows = await changeIn(queries ?? storage);
        await count(changesOf(rows)).catch(bearLoss);
        return rows;
      }
      const countIn = async (within: TransactionQueries) => {
        const rows = await changeIn(within);
        return { rows, own: await count(changesOf(rows), within) };
      };
      const { rows, own } = await (queries === undefined ? storage.transaction(countIn) : countIn(queries));
      if (ownLikes !== null)
        await Promise.all(own.map(({ id, people, atMs }) => ownLikes.note(id, people, atMs)));
      return rows;
    },
  };
}

type Own = { readonly id: number; readonly people: readonly number[]; readonly atMs: number };

type Keyed = { readonly key: CounterKey };

/** By namespace and counter, as storage orders them. */
function byCounter({ key: one }: Keyed, { key: other }: Keyed): number {
  const [oneId, otherId] = [idOf(one), idOf(other)];
  return oneId < otherId ? -1 : Number(oneId > otherId);
}

/** The rows are there, and counts may be wrong: the metrics of counters say how many were lost. */
function bearLoss(error: unknown): void {
  if (!(error instanceof DarkroomError) || error.code !== 'COUNTER_CACHE_UNAVAILABLE') throw error;
}
