import type { Loaded, MaybePromise } from './entry.ts';

/**
 * Of what is cached. `versioned`: writes invalidate it, and it lives for the candidate's TTL. With a TTL of its own: no write
 * does, and it is declared stale until that TTL ends.
 */
export type Freshness = 'versioned' | { readonly ttlMs: number };

/**
 * One kind of thing that is cached. `name` is the metric label `cache_name`, bounded by the features that exist.
 * `loadMany` asks storage once for all ids; an id that is absent from its map does not exist. It is a method, so that an entity is also
 * one whose types were left behind (`AnyEntity`), and is called without its entity: it may not use `this`.
 */
export type CachedEntity<Id extends string | number, V> = {
  readonly name: string;
  loadMany(ids: readonly Id[]): Promise<ReadonlyMap<Id, Loaded<V>>>;
  readonly freshness: Freshness;
  /** What a versioned one has in place of the candidate's lifetime and jitter. The cache says it where a policy does. */
  readonly lifetime?: { readonly ttlMs?: number; readonly ttlJitter?: number };
};

/**
 * Which part answered a read: the tier of this process, the tier that the replicas share, or storage. Exactly one per key that was
 * read. A stale hit served an entry past its `freshUntil`.
 */
export type ReadOutcome =
  | 'local-hit'
  | 'local-stale-hit'
  | 'shared-hit'
  | 'shared-stale-hit'
  | 'load'
  | 'joined-load'
  | 'bypass';

/** What the tiers of a candidate are called, for those who tell people of them. */
export type TierNames = { readonly local: string | null; readonly shared: string | null };

/** Tiers that have taken an entry. */
export type StoredIn = 'none' | 'local' | 'shared' | 'both';

/** An answered read. `freshUntil` is on the service's clock, in milliseconds; 0 where nothing was cached. */
export type CacheRead<V> = {
  readonly value: V;
  readonly version: number;
  readonly outcome: ReadOutcome;
  readonly freshUntil: number;
  /** Where the read has put the entry, which was not there before. Absent: nowhere. */
  readonly storedIn?: StoredIn;
};

/** A key, as services name it. */
export type EntityKey = { readonly entity: { readonly name: string }; readonly id: string | number };

/** A key that a write changes, and the version that its commit gave it. A removed row keeps a version: its tombstone. */
export type ChangedKey = EntityKey & { readonly version: number };

/** The same write as data, for a strategy that acknowledges it before storage has it. The others ignore this. */
export type DeferrableWrite<R> = {
  /** A kind that was registered with `registerDeferred`. */
  readonly kind: string;
  /** Can be said in JSON. */
  readonly payload: object;
  /** Of the writes of a kind that wait with the same key, the latest stands for all. */
  readonly coalescingKey: string;
  /** What the writer is told before storage has the write. Rejects when there is nothing to write to. */
  readonly answer: () => Promise<R>;
};

/** How waiting writes of one kind get into storage. */
export type DeferredKind<P> = {
  /** Undefined: not a payload of this kind. */
  readonly parse: (payload: unknown) => P | undefined;
  /**
   * Commits all or nothing; doing it again must change nothing. Reports the changed keys. `isRepeated`: an earlier attempt
   * may have committed, so its keys are reported too.
   */
  readonly applyMany: (payloads: readonly P[], isRepeated: boolean) => Promise<readonly ChangedKey[]>;
};

/** A write, as its commit. */
export type CacheWrite<R> = {
  /** Commits, and reports the changed keys with their new versions. An empty `changed` invalidates nothing. */
  readonly store: () => Promise<{ readonly result: R; readonly changed: readonly ChangedKey[] }>;
  /** The keys that it will change, as far as they are known before it commits. */
  readonly expected: readonly EntityKey[];
  /** What it changes is gone, and must not be shown any longer: it is taken out whatever policies and strategies make of writes. */
  readonly removes?: true;
  readonly deferrable?: DeferrableWrite<R>;
};

/** How full a tier of this process is. */
export type TierUsage = {
  /** Its name. */
  readonly tier: string;
  readonly entries: number;
  readonly bytes: number;
  readonly capacityBytes: number;
};

/** Whether this process leaves a tier alone, since it has failed again and again. */
export type TierCircuit = {
  /** Its name. */
  readonly tier: string;
  readonly isOpen: boolean;
};

/** What the services see of the cache. The strategy behind it alone decides the order of store, fill and delete. */
export interface Cache {
  /**
   * Makes an entity known before it is first read, so that a write can load what it changed. Returns it as it is to be read: with the
   * lifetime that a policy gives to its kind.
   */
  register<Id extends string | number, V>(entity: CachedEntity<Id, V>): CachedEntity<Id, V>;
  /** `undefined`: storage has no such row. Rejects only when storage fails. Immediate when the memory tier has it. */
  read<Id extends string | number, V>(
    entity: CachedEntity<Id, V>,
    id: Id,
  ): MaybePromise<CacheRead<V> | undefined>;
  /** In the order of `ids`; duplicates allowed. One MGET and one load for all misses. */
  readMany<Id extends string | number, V>(
    entity: CachedEntity<Id, V>,
    ids: readonly Id[],
  ): MaybePromise<readonly (CacheRead<V> | undefined)[]>;
  /**
   * Reads past the cache what it never keeps, such as a page behind the first, in the name of the entity that it belongs to.
   * Rejects only when storage fails.
   */
  bypass<V>(
    entity: EntityKey['entity'],
    load: () => Promise<Loaded<V> | undefined>,
  ): Promise<CacheRead<V> | undefined>;
  write<R>(write: CacheWrite<R>): Promise<R>;
  /**
   * Takes keys out of every tier that this process reaches, and tells the other replicas, whatever the strategy makes of writes: for
   * what must not be kept. A tier that could not be told is an event.
   */
  forget(changed: readonly ChangedKey[]): Promise<void>;
  /** Makes a kind of deferrable writes known; until then none of it is taken out of the queue. */
  registerDeferred<P>(kind: string, deferred: DeferredKind<P>): void;
  /** Of the tiers that lie in this process; others tell it themselves. */
  usage(): readonly TierUsage[];
  /** Of the tiers behind a socket. */
  circuits(): readonly TierCircuit[];
  /** Drops all that the tier of this process holds; what is being read meanwhile is not kept. */
  flushLocal(): void;
  /** Rejects nothing; resolves once connections are closed. */
  close(): Promise<void>;
}
