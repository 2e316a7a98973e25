import type { Loaded, MaybePromise } from './entry.ts';

/**
 * One kind of thing that is cached. `name` is the metric label `cache_name`, bounded by the features that exist.
 * `loadMany` asks storage once for all ids; an id that is absent from its map does not exist.
 */
export type CachedEntity<Id extends string | number, V> = {
  readonly name: string;
  readonly loadMany: (ids: readonly Id[]) => Promise<ReadonlyMap<Id, Loaded<V>>>;
  /** `versioned`: writes invalidate it. `ttl`: nothing does; it is declared stale until its TTL ends. */
  readonly freshness: 'versioned' | 'ttl';
};

/** Which part answered a read. Exactly one per key that was read. */
export type ReadOutcome = 'memory-hit' | 'redis-hit' | 'load' | 'joined-load' | 'bypass';

/** An answered read. `freshForMs` is what is left of the entry's TTL; 0 where nothing was cached. */
export type CacheRead<V> = {
  readonly value: V;
  readonly version: number;
  readonly outcome: ReadOutcome;
  readonly freshForMs: number;
};

/** A key that a write changes, and the version that its commit gave it. A removed row keeps a version: its tombstone. */
export type ChangedKey = {
  readonly entity: { readonly name: string };
  readonly id: string | number;
  readonly version: number;
};

/** A write, as its commit. */
export type CacheWrite<R> = {
  /** Commits, and reports the changed keys with their new versions. An empty `changed` invalidates nothing. */
  readonly store: () => Promise<{ readonly result: R; readonly changed: readonly ChangedKey[] }>;
};

/** What the services see of the cache. The strategy behind it alone decides the order of store, fill and delete. */
export interface Cache {
  /** `undefined`: storage has no such row. Rejects only when storage fails. */
  read<Id extends string | number, V>(
    entity: CachedEntity<Id, V>,
    id: Id,
  ): MaybePromise<CacheRead<V> | undefined>;
  /** In the order of `ids`; duplicates allowed. One MGET and one load for all misses. */
  readMany<Id extends string | number, V>(
    entity: CachedEntity<Id, V>,
    ids: readonly Id[],
  ): Promise<readonly (CacheRead<V> | undefined)[]>;
  write<R>(write: CacheWrite<R>): Promise<R>;
  /** Rejects nothing; resolves once connections are closed. */
  close(): Promise<void>;
}
