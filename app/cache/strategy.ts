import type { Anomaly } from './settings/anomalies.ts';
import type { CachedEntity, CacheRead, CacheWrite, ChangedKey, EntityKey, ReadOutcome } from './cache.ts';
import type { CacheObserver, DeliveryChange } from './cache-events.ts';
import type { OwnParameter, CacheSettings } from './settings/cache-axes.ts';
import type { Entry, MaybePromise } from './entry.ts';
import type { WriteQueue } from './writes/write-queue.ts';

/** An entity whose types were left behind: strategies look at keys, versions and times only. */
export type AnyEntity = CachedEntity<string | number, unknown>;

/** One key that is read. */
export type Lookup = { readonly entity: AnyEntity; readonly id: string | number; readonly key: string };

/** What was found for a key, and by which part. `read` is undefined where storage has no such row. */
export type Found = { readonly outcome: ReadOutcome; readonly read: CacheRead<unknown> | undefined };

/** What a strategy decides by. The mechanisms that act on its decisions are none of its business. */
export type DecisionParts = {
  readonly candidate: CacheSettings;
  /** From 0 to 1. */
  readonly random: () => number;
  /** Null: no write waits for storage. */
  readonly queue: Pick<WriteQueue, 'append'> | null;
};

/** How reads and writes go, and what is made of messages from others: a strategy's decisions, joined with what acts on them. */
export interface CacheStrategy {
  read(entity: AnyEntity, id: string | number): MaybePromise<CacheRead<unknown> | undefined>;
  /** In the order of `ids`. */
  readMany(
    entity: AnyEntity,
    ids: readonly (string | number)[],
  ): MaybePromise<readonly (CacheRead<unknown> | undefined)[]>;
  write<R>(write: CacheWrite<R>): Promise<R>;
  /** Someone else has written `key`. Null: that version is not known. */
  onInvalidation(key: string, version: number | null): void;
  /** Storage has committed `key`, whoever wrote it. Resolves to false when a tier could not be told. */
  onChange(key: string, version: number): Promise<boolean>;
  /** Storage has committed writes that waited in the queue. */
  onApplied(changed: readonly ChangedKey[]): Promise<void>;
  /** Takes out what must not be kept, whatever is made of writes. */
  forget(changed: readonly ChangedKey[]): Promise<void>;
  /** Invalidations may have been lost, or are heard again from now on. */
  onDelivery(change: DeliveryChange): void;
}

type CommonDefinition = {
  readonly name: string;
  /** One sentence for lists. */
  readonly summary: string;
  /** It acknowledges writes that storage does not have yet, and needs a queue for them that outlives its process. */
  readonly defersWrites?: true;
  /** Those of its own, beside those of all. */
  readonly parameters: readonly OwnParameter[];
  /** Where it differs from the defaults of all. */
  readonly defaults: Partial<Omit<CacheSettings, 'strategy'>>;
  readonly allows: readonly Anomaly[];
  /** Why a combination makes no sense for it, or null. */
  readonly refuses: (settings: CacheSettings) => string | null;
};

/** A strategy that keeps entries in tiers. It only decides; `tiered-strategy.ts` joins that with what acts on it. */
export type TieredDefinition = CommonDefinition & {
  readonly usesTiers: true;
  readonly decisions: (parts: DecisionParts) => TieredDecisions;
};

/** A strategy that keeps nothing: it is all there is between the services and storage. */
export type UntieredDefinition = CommonDefinition & {
  readonly usesTiers: false;
  readonly create: (observe: CacheObserver) => CacheStrategy;
};

/** A strategy as the list knows it. */
export type StrategyDefinition = TieredDefinition | UntieredDefinition;

/** What a write can do to the cache. A tier that could not be told is an event, never a failed write. */
export type WriteSteps = {
  /** Takes every changed key out of the tiers, then tells the other replicas. */
  invalidate(changed: readonly ChangedKey[]): Promise<void>;
  /** The same before the commit: there is no version yet. */
  invalidateAhead(expected: readonly EntityKey[]): Promise<void>;
  /** Loads every changed key and fills it; one that cannot be loaded is taken out. Then tells the other replicas. */
  refill(changed: readonly ChangedKey[]): Promise<void>;
};

/** A strategy's own decisions; what it leaves out is as in cache-aside. */
export type TieredDecisions = Partial<ReadDecisions> & {
  /** The order of commit, fill and invalidation. */
  readonly write: <R>(write: CacheWrite<R>, steps: WriteSteps) => Promise<R>;
};

/** Commits, then invalidates what changed: the write of cache-aside and of most of the others. */
export const storeThenInvalidate: TieredDecisions['write'] = async (write, steps) => {
  const { result, changed } = await write.store();
  await steps.invalidate(changed);
  return result;
};

/** How a strategy reads: what it does with what it finds. */
export type ReadDecisions = {
  /** Decides over an entry that a reader found: whether the reader is answered with it, and whether it is loaded anew, before or after that. */
  readonly decide: (entry: Entry, nowMs: number, lookup: Lookup) => ReadDecision;
  /** Whether an entry past its TTL answers when its load has failed. */
  readonly mayServeOnError: (entry: Entry, nowMs: number, failure: FailedLoad) => boolean;
  /** For how long past its TTL an entry is kept. */
  readonly staleMs: number;
};

/** A load that failed, and the key that it was for. */
export type FailedLoad = { readonly key: string; readonly error: unknown };

/** What becomes of a read whose entry was found. */
export type ReadDecision = 'serve' | 'serve-and-refresh' | 'load';

/** Serves what is fresh. */
export const freshOnly: ReadDecisions = {
  decide: (entry, nowMs) => (nowMs < entry.freshUntil ? 'serve' : 'load'),
  mayServeOnError: () => false,
  staleMs: 0,
};
