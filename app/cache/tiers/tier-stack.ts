import type { Entry, MaybePromise } from '../entry.ts';
import type { MemoryTier } from './memory-tier.ts';
import type { Tier } from './tier.ts';

/**
 * Memory before redis: writes go through both. A delete goes to redis first: a reader between the two would bring the old
 * entry back.
 */
export type TierStack = {
  /** The memory tier, asked without a promise. */
  readonly near: MemoryTier | null;
  /** The tier behind it. */
  readonly far: Tier | null;
  set(key: string, entry: Entry): MaybePromise<boolean>;
  setFenced(key: string, entry: Entry, startedAtMs: number): MaybePromise<boolean>;
  delete(key: string): Promise<boolean>;
  deleteFenced(key: string, version: number): Promise<boolean>;
  close(): Promise<void>;
};

async function refuse(removed: MaybePromise<boolean>): Promise<boolean> {
  await removed;
  return false;
}

export function createTierStack(near: MemoryTier | null, far: Tier | null): TierStack {
  return {
    near,
    far,
    set(key, entry) {
      near?.set(key, entry);
      return far?.set(key, entry) ?? true;
    },
    setFenced(key, entry, startedAtMs) {
      if (near === null || near.setFenced(key, entry, startedAtMs))
        return far?.setFenced(key, entry, startedAtMs) ?? true;
      // Memory knows what has overtaken it; redis may have lost the tombstone, and may have something older still.
      return far === null ? false : refuse(far.deleteFenced(key, entry.version));
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
