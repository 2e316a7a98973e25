import type { Clock } from '../clock.ts';
import type { Anomaly } from './anomalies.ts';
import type { CacheRead, CacheWrite, ReadOutcome } from './cache.ts';
import type { CacheObserver } from './cache-events.ts';
import type { Entry, Loaded, MaybePromise } from './entry.ts';
import type { InvalidationBus } from './invalidation-bus.ts';
import type { SingleFlight } from './single-flight.ts';
import type { Promote, TierStack } from './tiers/tier-stack.ts';

/** What was found for a key, and by which part. `entry` is undefined where storage has no such row. */
export type Found = { readonly entry: Entry | undefined; readonly outcome: ReadOutcome };

/** One key that is read. */
export type Lookup = {
  readonly key: string;
  readonly entityName: string;
  readonly freshness: 'versioned' | 'ttl';
  readonly load: () => Promise<Loaded<unknown> | undefined>;
};

/** Several keys of one entity that are read together, each once. `loadMany` asks storage for some of them in one query. */
export type BatchLookup = {
  readonly keys: readonly string[];
  readonly entityName: string;
  readonly freshness: 'versioned' | 'ttl';
  readonly loadMany: (keys: readonly string[]) => Promise<ReadonlyMap<string, Loaded<unknown>>>;
};

/**
 * Puts a loaded entry into the tiers; the strategy decides how. `isOvertaken`: since the load began, an invalidation has
 * taken its flight out.
 */
export type Fill = (
  key: string,
  entry: Entry,
  startedAtMs: number,
  isOvertaken: boolean,
) => MaybePromise<unknown>;

/** What strategies are made of. They decide; these do. */
export type StrategyContext = {
  readonly tiers: TierStack;
  readonly clock: Clock;
  readonly observe: CacheObserver;
  /** Null: concurrent misses each work for themselves. */
  readonly flights: SingleFlight<Found> | null;
  /** Null: nothing tells the other replicas. */
  readonly bus: InvalidationBus | null;
  /** The lifetime of a new entry, with its jitter. */
  readonly ttlMs: (freshness: 'versioned' | 'ttl') => number;
};

/** The decisions of one strategy. */
export interface CacheStrategy {
  read(lookup: Lookup): MaybePromise<Found>;
  /** In the order of `batch.keys`. */
  readMany(batch: BatchLookup): Promise<readonly Found[]>;
  write<R>(write: CacheWrite<R>): Promise<R>;
  /** Another replica has written `key`. */
  onInvalidation(key: string, version: number): void;
  /** The bus may have lost messages: `cut` until it says `back`, or once, at a `gap`. */
  onUnsure(what: 'gap' | 'cut' | 'back'): void;
}

/** A strategy as the list knows it. */
export type StrategyDefinition = {
  readonly name: string;
  /** One sentence for lists. */
  readonly summary: string;
  readonly usesTiers: boolean;
  readonly defaultProtection: 'none' | 'single-flight';
  readonly allows: readonly Anomaly[];
  /** How redis answers get into memory. */
  readonly promote: Promote;
  readonly create: (context: StrategyContext) => CacheStrategy;
};

/** A read as services see it. */
export function toCacheRead<V>(found: Found, nowMs: number): CacheRead<V> | undefined {
  if (found.entry === undefined) return undefined;
  const { value, version, freshUntil } = found.entry;
  const freshForMs = found.outcome === 'bypass' ? 0 : Math.max(0, freshUntil - nowMs);
  return { value: value as V, version, outcome: found.outcome, freshForMs };
}
