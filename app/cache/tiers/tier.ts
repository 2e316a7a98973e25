import type { TierName } from '../cache.ts';
import type { Entry, MaybePromise } from '../entry.ts';

/**
 * A tombstone outlives the slowest load: a load that began before the write and ends after its tombstone is gone would
 * fill the old value. Storage gives up on a statement long before this, and a fill from a slower load is refused.
 */
export const tombstoneMs = 30_000;

/** An entry with the tier that had it. */
export type TierHit = { readonly entry: Entry; readonly tier: TierName };

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
