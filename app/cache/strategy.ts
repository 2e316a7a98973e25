import type { Clock } from '../clock.ts';
import type { Anomaly } from './candidates/anomalies.ts';
import type { CachedEntity, CacheRead, CacheWrite, ChangedKey, ReadOutcome } from './cache.ts';
import type { CacheObserver, DeliveryChange } from './cache-events.ts';
import type { Candidate } from './candidates/candidate.ts';
import type { Entry, MaybePromise } from './entry.ts';
import type { InvalidationSender } from './invalidation/invalidation-source.ts';
import type { LeaseTable } from './tiers/lease.ts';
import type { SingleFlight } from './reads/single-flight.ts';
import type { TierStack } from './tiers/tier-stack.ts';
import type { WriteQueue } from './writes/write-queue.ts';

/** An entity whose types were left behind: strategies look at keys, versions and times only. */
export type AnyEntity = CachedEntity<string | number, unknown>;

/** One key that is read. */
export type Lookup = { readonly entity: AnyEntity; readonly id: string | number; readonly key: string };

/** What was found for a key, and by which part. `read` is undefined where storage has no such row. */
export type Found = { readonly outcome: ReadOutcome; readonly read: CacheRead<unknown> | undefined };

/** What strategies are made of. They decide; these do. */
export type StrategyContext = {
  readonly candidate: Candidate;
  readonly tiers: TierStack;
  readonly clock: Clock;
  /** From 0 to 1. */
  readonly random: () => number;
  readonly observe: CacheObserver;
  /** Loads under way: those that other readers join, where the candidate joins them, and refreshes. */
  readonly flights: SingleFlight<Found>;
  /** Null: loads are not joined across replicas. */
  readonly leases: LeaseTable | null;
  /** Null: nothing tells the other replicas, or something else than the writer does. */
  readonly sender: InvalidationSender | null;
  /** Null: no write waits for storage. */
  readonly queue: Pick<WriteQueue, 'append'> | null;
  /** The entities that were registered, by name. */
  readonly entities: ReadonlyMap<string, AnyEntity>;
  readonly runInBackground: (name: string, task: Promise<unknown>) => void;
  /** Runs work that goes on after an answer in a trace of its own, linked to the request that caused it. Absent: without traces. */
  readonly inOwnTrace?: (name: string, work: () => Promise<void>) => Promise<void>;
  /** Resolves after that many milliseconds. */
  readonly wait: (ms: number) => Promise<void>;
};

/** The decisions of one strategy. */
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
  /** Invalidations may have been lost, or are heard again from now on. */
  onDelivery(change: DeliveryChange): void;
}

/** Parameters that only some strategies know. */
export type OwnParameter = 'stale' | 'refresh' | 'beta' | 'flush' | 'queue';

/** A strategy as the list knows it. */
export type StrategyDefinition = {
  readonly name: string;
  /** One sentence for lists. */
  readonly summary: string;
  readonly usesTiers: boolean;
  readonly parameters: readonly OwnParameter[];
  /** Where it differs from the defaults of all. */
  readonly defaults: Partial<Omit<Candidate, 'strategy'>>;
  readonly allows: readonly Anomaly[];
  /** Why a combination makes no sense for it, or null. */
  readonly refuses: (candidate: Candidate) => string | null;
  readonly create: (context: StrategyContext) => CacheStrategy;
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
