import pg from 'pg';
import { DarkroomError } from '../errors.ts';
import type { Queries, Statement, TransactionQueries } from './statement.ts';

/** What begins and ends a transaction. */
export type TransactionCommand = 'BEGIN' | 'COMMIT' | 'ROLLBACK';

/** Runs work between BEGIN and COMMIT. When it fails, it is rolled back, and its failure is the answer. */
export async function inTransaction<T>(
  send: (command: TransactionCommand) => Promise<unknown>,
  work: () => Promise<T>,
): Promise<T> {
  await send('BEGIN');
  let result: T;
  try {
    result = await work();
  } catch (error) {
    // Whoever sends it knows what a ROLLBACK that fails means: the connection is not used again.
    await send('ROLLBACK').catch(() => {});
    throw error;
  }
  await send('COMMIT');
  return result;
}

/** How statements reach PostgreSQL. */
export type Sending = {
  readonly connect: () => Promise<pg.PoolClient>;
  /**
   * Tells the observer how a statement went, and makes of its failure what that speaks of. `connected` is to be called when the
   * statement has its connection.
   */
  readonly told: <T>(statement: string, send: (connected: () => void) => Promise<T>) => Promise<T>;
};

/**
 * One connection for several statements, asked for with the first of them. A statement that had no answer leaves it unsettled: it
 * may still be running, and what is sent afterwards would wait behind it.
 */
function createSession({ connect, told }: Sending) {
  let connection: pg.PoolClient | undefined;
  let lostBy: Error | undefined;
  let unanswered = 0;
  // PostgreSQL ends a connection on which a transaction stands still, and says why in an event only.
  const onError = (error: Error): void => {
    lostBy ??= error;
  };
  return {
    send: (statement: string, query: pg.QueryConfig): Promise<pg.QueryResult> =>
      told(statement, async (connected) => {
        connection ??= (await connect()).on('error', onError);
        connected();
        unanswered += 1;
        try {
          const result = await connection.query(query);
          unanswered -= 1;
          return result;
        } catch (error) {
          if (lostBy !== undefined) throw lostBy;
          if (error instanceof pg.DatabaseError) unanswered -= 1;
          throw error;
        }
      }),
    isSettled: () => unanswered === 0,
    release(isWhole: boolean) {
      connection?.off('error', onError).release(!isWhole);
    },
  };
}

type Session = ReturnType<typeof createSession>;

/**
 * Sends statements until it is closed. Work that does not wait for what it sends is told of a failure at the end: PostgreSQL keeps
 * nothing of a transaction in which a statement has failed, and its COMMIT says nothing of that.
 */
function createScope(session: Session, whatEnds: string) {
  let isOver = false;
  const sent: Promise<unknown>[] = [];
  const queries: Queries = {
    query<Row extends object>({ name, text }: Statement, values: readonly unknown[]) {
      if (isOver) return Promise.reject(new RangeError(`${name} comes after the end of its ${whatEnds}`));
      const answered = session
        .send(name, { name, text, values: [...values] })
        .then(({ rows }) => rows as Row[]);
      sent.push(answered);
      answered.catch(() => {});
      return answered;
    },
  };
  return {
    queries,
    async run<T>(work: () => Promise<T>, limitMs: number): Promise<T> {
      try {
        const result = await within(work(), limitMs, whatEnds);
        await Promise.all(sent);
        // A statement of an attempt may have had no answer, and the work may have gone on without it.
        if (!session.isSettled())
          throw new DarkroomError('STORAGE_UNAVAILABLE', 'Storage has not answered; try again in a moment.');
        return result;
      } finally {
        isOver = true;
      }
    },
    /** What was sent has been answered, or never will be. */
    answered: async () => void (await Promise.allSettled(sent)),
  };
}

/** Runs work behind a savepoint. When it fails, only it is rolled back, unless nobody knows what became of its statements. */
async function runAttempt<T>(
  session: Session,
  work: (queries: Queries) => Promise<T>,
  limitMs: number,
): Promise<T> {
  await session.send('savepoint', { text: 'SAVEPOINT attempt' });
  const scope = createScope(session, 'attempt');
  try {
    const result = await scope.run(() => work(scope.queries), limitMs);
    await session.send('release', { text: 'RELEASE attempt' });
    return result;
  } catch (error) {
    await scope.answered();
    if (session.isSettled())
      await session.send('rollback_to', { text: 'ROLLBACK TO attempt; RELEASE attempt' });
    throw error;
  }
}

/**
 * Runs work in a transaction on a connection of its own, for at most `limitMs`. The connection goes back to the pool only when
 * PostgreSQL has said that the transaction is over; it is closed otherwise, which rolls back too.
 */
export async function runTransaction<T>(
  sending: Sending,
  work: (queries: TransactionQueries) => Promise<T>,
  limitMs: number,
): Promise<T> {
  const session = createSession(sending);
  let isWhole = false;
  const send = async (command: TransactionCommand): Promise<void> => {
    if (command === 'ROLLBACK' && !session.isSettled()) return;
    await session.send(command.toLowerCase(), { text: command });
    isWhole = command !== 'BEGIN' && session.isSettled();
  };
  const scope = createScope(session, 'transaction');
  const later: (() => void)[] = [];
  const queries: TransactionQueries = {
    ...scope.queries,
    attempt: (tried, attemptLimitMs) => runAttempt(session, tried, attemptLimitMs),
    afterCommit: (one) => void later.push(one),
  };
  try {
    const result = await inTransaction(send, () => scope.run(() => work(queries), limitMs));
    for (const one of later) one();
    return result;
  } finally {
    session.release(isWhole);
  }
}

/** As the work, or rejects with STORAGE_BUSY when it takes longer. */
async function within<T>(work: Promise<T>, limitMs: number, what: string): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    const message = `The ${what} was not done within ${limitMs} ms; try again in a moment.`;
    reject(new DarkroomError('STORAGE_BUSY', message));
  }, limitMs);
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
