import type { Entry, MaybePromise } from '../entry.ts';
import type { MemoryTier } from './memory-tier.ts';
import type { Tier, TierHit } from './tier.ts';

/** How an entry found in redis gets into memory: with or without the fence of versions. */
export type Promote = (near: MemoryTier, key: string, entry: Entry, startedAtMs: number) => void;

/**
 * Memory before redis, acting as one tier. Reads ask the nearest first and carry what redis had into memory, with the
 * lifetime that is left of it. Deletes go to redis first: a reader between the two would bring the old entry back.
 */
export type TierStack = Tier & {
  /** The memory tier, asked without a promise. */
  readonly near: MemoryTier | null;
  /** The tier behind it. */
  readonly far: Tier | null;
};

export type TierStackOptions = {
  readonly near: MemoryTier | null;
  readonly far: Tier | null;
  readonly promote: Promote;
  readonly now: () => number;
};

export function createTierStack({ near, far, promote, now }: TierStackOptions): TierStack {
  const promoted = (key: string, hit: TierHit | undefined, startedAtMs: number): TierHit | undefined => {
    if (hit !== undefined && near !== null) promote(near, key, hit.entry, startedAtMs);
    return hit;
  };
  const getFar = async (key: string): Promise<TierHit | undefined> => {
    const startedAtMs = now();
    return promoted(key, await far?.get(key), startedAtMs);
  };
  const getManyFar = async (keys: readonly string[]): Promise<readonly (TierHit | undefined)[]> => {
    const startedAtMs = now();
    const hits = (await far?.getMany(keys)) ?? keys.map(() => undefined);
    return hits.map((hit, index) => promoted(keys[index] as string, hit, startedAtMs));
  };
  return {
    near,
    far,
    get: (key): MaybePromise<TierHit | undefined> =>
      near?.get(key) ?? (far === null ? undefined : getFar(key)),
    async getMany(keys) {
      const hits = keys.map((key) => near?.get(key));
      const missing = keys.filter((_, index) => hits[index] === undefined);
      if (missing.length === 0 || far === null) return hits;
      const found = await getManyFar(missing);
      let next = 0;
      return hits.map((hit) => hit ?? found[next++]);
    },
    async set(key, entry) {
      near?.set(key, entry);
      await far?.set(key, entry);
    },
    async setFenced(key, entry, startedAtMs) {
      const isNearSet = near?.setFenced(key, entry, startedAtMs) ?? true;
      return (await far?.setFenced(key, entry, startedAtMs)) ?? isNearSet;
    },
    async delete(key) {
      const isFarDeleted = (await far?.delete(key)) ?? true;
      near?.delete(key);
      return isFarDeleted;
    },
    async deleteFenced(key, version) {
      near?.deleteFenced(key, version);
      return (await far?.deleteFenced(key, version)) ?? true;
    },
    close: async () => {
      await Promise.all([near?.close(), far?.close()]);
    },
  };
}
