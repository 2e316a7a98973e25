/** What a load gives: the value, and the version that storage assigned in its commit (0 for what has no row of its own). */
export type Loaded<V> = { readonly value: V; readonly version: number };

/** What a tier holds. Times are milliseconds on the service's clock (`app/clock.ts`). */
export type Entry<V = unknown> = {
  readonly value: V;
  readonly version: number;
  /** Until here the entry answers without asking storage. */
  readonly freshUntil: number;
  /** Until here it may still be served by a strategy that serves stale entries. Never before `freshUntil`. */
  readonly staleUntil: number;
  /** How long its load took: what an early load would cost again. */
  readonly loadMs: number;
  /** A negative entry: storage has no such row, and `value` is undefined. */
  readonly isAbsent: boolean;
};

/** A value at once, or a promise of it: a memory hit must not cost a promise. */
export type MaybePromise<T> = T | Promise<T>;
