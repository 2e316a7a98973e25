import type { Clock } from '../../clock.ts';
import type { CacheRead, TierCircuit, TierUsage } from '../cache.ts';
import type { CacheObserver } from '../cache-events.ts';
import type { CodecName } from '../codec.ts';
import type { Entry, MaybePromise } from '../entry.ts';
import type { EvictionName } from '../eviction/index.ts';
import type { RedisCommands } from '../../redis/redis-commands.ts';
import type { RedisScript } from '../../redis/redis-scripts.ts';

/**
 * A tombstone outlives the slowest load: a load that began before the write and ends after its tombstone is gone would
 * fill the old value. Storage gives up on a statement long before this, and a fill from a slower load is refused.
 */
export const tombstoneMs = 30_000;

/** An entry that a tier had. */
export type TierHit = { readonly entry: Entry };

/**
 * One place where entries live. A failing tier answers like an empty one and tells its observer; it never rejects. Plain
 * operations take the last word; `fenced` ones leave the newer version in place. `startedAtMs` is when the read began whose
 * value is being filled.
 */
export interface Tier {
  /** An entry that is not past its `staleUntil`. */
  get(key: string): MaybePromise<TierHit | undefined>;
  /** In the order of `keys`. */
  getMany(keys: readonly string[]): MaybePromise<readonly (TierHit | undefined)[]>;
  /** Resolves to false when the tier could not be told. */
  set(key: string, entry: Entry): MaybePromise<boolean>;
  /** Resolves to false when a newer entry or tombstone, or a flush since `startedAtMs`, refused the entry. */
  setFenced(key: string, entry: Entry, startedAtMs: number): MaybePromise<boolean>;
  /** Resolves to false when the tier could not be told. */
  delete(key: string): MaybePromise<boolean>;
  /** Deletes what is older than `version` and leaves a tombstone. Resolves to false when the tier could not be told. */
  deleteFenced(key: string, version: number): MaybePromise<boolean>;
  close(): Promise<void>;
}

/** An entry with the answer that it gives while it is fresh, made once. `read` is undefined for a negative entry. */
export type LocalHit = TierHit & {
  /** The entry's, here for the many reads that need nothing else of it. */
  readonly freshUntil: number;
  readonly staleUntil: number;
  readonly read: CacheRead<unknown> | undefined;
};

/** A tier of one process. All its answers are immediate. */
export interface LocalTier extends Tier {
  get(key: string, nowMs?: number): LocalHit | undefined;
  set(key: string, entry: Entry): boolean;
  setFenced(key: string, entry: Entry, startedAtMs: number): boolean;
  delete(key: string): boolean;
  deleteFenced(key: string, version: number): boolean;
  /** Whether it is this entry that it has: it may have declined it. */
  holds(key: string, entry: Entry): boolean;
  /** Drops everything, and refuses fenced fills from reads that began before now. */
  flush(): void;
  /** Flushes, and stays empty until `resume`: for when nobody would say that an entry has become wrong. */
  suspend(): void;
  resume(): void;
  usage(): TierUsage;
}

/** A tier that all replicas share, and the leases that it gives. */
export type SharedTier = Tier & {
  readonly leases: LeaseTable;
  /** Absent: it is never left alone. */
  readonly circuit?: () => TierCircuit;
};

/**
 * How long a lease lasts when its holder neither fills nor gives it back: a little above the time after which storage gives
 * up on a load.
 */
export const leaseMs = 3_000;

/** `granted`: load, and fill with the token. `entry`: one is there meanwhile. `held`: somebody else loads. */
export type LeaseAnswer =
  | { readonly kind: 'granted'; readonly token: string }
  | { readonly kind: 'entry' }
  | { readonly kind: 'held' }
  | { readonly kind: 'unavailable' };

/**
 * The right to load a key, given to one replica at a time. Its token also guards the fill: an invalidation takes the lease
 * back, so that a load from before it fills nothing (Scaling Memcache at Facebook, section 3.2.1,
 * https://www.usenix.org/conference/nsdi13/technical-sessions/presentation/nishtala).
 */
export type LeaseTable = {
  /** Asks for the right to load `key`, unless an entry is there that stays fresh beyond `freshAfterMs`. */
  acquire(key: string, freshAfterMs: number): Promise<LeaseAnswer>;
  /** Resolves to false when the lease is no longer held, or something newer is there. Ends the lease. */
  fill(key: string, entry: Entry, token: string): Promise<boolean>;
  /** Ends a lease whose load brought nothing. */
  release(key: string, token: string): Promise<void>;
};

/** A 64-bit token, from two numbers from 0 to 1, and until when its lease is held, by the clock of the service. */
export function makeToken(random: () => number, untilMs: number): string {
  const part = () =>
    Math.floor(random() * 2 ** 32)
      .toString(16)
      .padStart(8, '0');
  return `${part()}${part()}|${untilMs}`;
}

/** Where a service's Redis is, and what its keys begin with. */
export type RedisPlace = { readonly url: string; readonly keyPrefix: string };

/** What a local tier is made of; `settings` are those of its candidate. */
export type LocalTierParts = {
  readonly settings: {
    readonly memoryBytes: number;
    readonly eviction: EvictionName;
    readonly promotion: 'always' | 'hot';
  };
  readonly clock: Clock;
  readonly observe: CacheObserver;
};

/** What a shared tier is made of. */
export type SharedTierParts = {
  readonly settings: { readonly codec: CodecName };
  /** Throws a RangeError where no Redis is given. */
  readonly redis: () => RedisPlace;
  /**
   * The connection that it has to read on, where that is how invalidation knows which replica has read what.
   * Null: one of its own.
   */
  readonly commands: RedisCommands | null;
  readonly clock: Clock;
  /** From 0 to 1; for the tokens of leases. */
  readonly random: () => number;
  readonly observe: CacheObserver;
  /** Added to Redis's own expiry. In lab mode a clock may stand still for long. */
  readonly redisExpirySlackMs: number;
};

type CommonDefinition = {
  /** As in a candidate's `tiers`, in metric labels and in `Cache-Status`. */
  readonly name: string;
  /** Over its column in tables, where there is little room. */
  readonly column: string;
  /** Parameters of a candidate that say something of this tier alone, and what: the reason why they are refused without it. */
  readonly parameters: Readonly<Record<string, string>>;
};

/** A kind of tier that lies in each process: it stands before the shared one. */
export type LocalTierDefinition = CommonDefinition & {
  readonly isShared: false;
  readonly create: (parts: LocalTierParts) => LocalTier;
};

/** A kind of tier that all replicas share. */
export type SharedTierDefinition = CommonDefinition & {
  readonly isShared: true;
  /** What it asks of the service's Redis; null: it lies elsewhere. */
  readonly redisUse: 'entries' | null;
  /** What it runs on its connection to Redis. */
  readonly scripts: readonly RedisScript[];
  /** What needs a client is imported in here, when it is needed: a candidate is parsed without one. */
  readonly connect: (parts: SharedTierParts) => Promise<SharedTier>;
};

export type TierDefinition = LocalTierDefinition | SharedTierDefinition;
