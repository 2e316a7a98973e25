import type { Photo } from '../../app/photos/photo-store.ts';

/** What the caches of a bench are made with. A contestant takes of it what it knows. */
export type CacheSetting = {
  readonly tiers: 'memory' | 'redis' | 'memory+redis';
  /** Bound of the memory tier. */
  readonly memoryEntries: number;
  readonly redisUrl: string;
  readonly keyPrefix: string;
  /** Unique for each process, where several share a bus. */
  readonly sender: string;
  readonly keyOf: (id: number) => string;
  /** Storage. */
  readonly load: (id: number) => Promise<Photo>;
};

/** A value at once, or a promise of it. */
export type Answer<T> = T | Promise<T>;

/** A cache as the benches ask it. */
export type OpenedCache = {
  /** Reads through: what is missing is loaded and kept. */
  readonly read: (id: number) => Answer<Photo | undefined>;
  /** The cheapest way to what is there; absent where there is none but `read`. */
  readonly get?: (id: number) => Answer<Photo | null | undefined>;
  /** In the order of the ids. */
  readonly readMany?: (ids: readonly number[]) => Promise<readonly (Photo | null | undefined)[]>;
  /** Takes the key out of every tier and tells the other processes, where the library does so. */
  readonly remove?: (id: number) => Promise<unknown>;
  readonly close: () => Promise<unknown>;
};

/** Opens a cache of one library, in one of the ways in which it can be used. */
export type OpenCache = (setting: CacheSetting) => Answer<OpenedCache>;

/** An hour: nothing expires while a bench runs. */
export const ttlMs = 3_600_000;
