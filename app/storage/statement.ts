/** A statement. Of a store file it is prepared once per connection under its name, which is told to observers. */
export type Statement = { readonly name: string; readonly text: string };

/** Where statements are sent. */
export type Queries = {
  /**
   * Rejects with what the refusal speaks of: STORAGE_UNAVAILABLE, STORAGE_REFUSES_WRITES, STORAGE_BUSY or ROW_REFUSED; with
   * INVALID_REQUEST or OVERLOADED; or with the driver's own error, where nobody knows that. `isUnsent` of the error: it had no
   * connection in time, so that it is not done.
   */
  query<Row extends object>(statement: Statement, values: readonly unknown[]): Promise<readonly Row[]>;
};

/** Where the statements of a transaction are sent. */
export type TransactionQueries = Queries & {
  /**
   * Runs work that may fail alone: then nothing of it is kept, and the transaction goes on. Rejects with what it has failed on, or
   * with STORAGE_BUSY when it takes longer than `limitMs`; its statements that come later throw a RangeError. One at a time.
   */
  attempt<T>(work: (queries: Queries) => Promise<T>, limitMs: number): Promise<T>;
  /** Runs work once all is committed, and never if it is not. What it throws, the transaction rejects with. */
  afterCommit(work: () => void): void;
};
