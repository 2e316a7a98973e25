import type { StoredIn } from '../cache.ts';
import type { Entry, MaybePromise } from '../entry.ts';
import type { MemoryTier } from './memory-tier.ts';
import type { Tier } from './tier.ts';

/** What became of a fill. */
export type Fill = {
  /** No tier refused it, nor failed. Memory may have declined it all the same: it is not hot, or too large. */
  readonly isAccepted: boolean;
  readonly storedIn: StoredIn;
};

export const noFill: Fill = { isAccepted: false, storedIn: 'none' };

/** The fill of redis alone. */
export async function fillFar(isFarSet: MaybePromise<boolean>, near: MemoryShare = 'none'): Promise<Fill> {
  const isAccepted = await isFarSet;
  if (!isAccepted) return { isAccepted, storedIn: near };
  return { isAccepted, storedIn: near === 'none' ? 'redis' : 'memory+redis' };
}

type MemoryShare = 'none' | 'memory';

/**
 * Memory before redis: writes go through both. A delete goes to redis first: a reader between the two would bring the old
 * entry back.
 */
export type TierStack = {
  /** The memory tier, asked without a promise. */
  readonly near: MemoryTier | null;
  /** The tier behind it. */
  readonly far: Tier | null;
  set(key: string, entry: Entry): MaybePromise<Fill>;
  setFenced(key: string, entry: Entry, startedAtMs: number): MaybePromise<Fill>;
  delete(key: string): Promise<boolean>;
  deleteFenced(key: string, version: number): Promise<boolean>;
  close(): Promise<void>;
};

async function refuse(removed: MaybePromise<boolean>): Promise<Fill> {
  await removed;
  return noFill;
}

export function createTierStack(near: MemoryTier | null, far: Tier | null): TierStack {
  const nearShare = (key: string, entry: Entry): MemoryShare =>
    near?.holds(key, entry) === true ? 'memory' : 'none';
  return {
    near,
    far,
    set(key, entry) {
      near?.set(key, entry);
      const storedIn = nearShare(key, entry);
      return far === null ? { isAccepted: true, storedIn } : fillFar(far.set(key, entry), storedIn);
    },
    setFenced(key, entry, startedAtMs) {
      if (near === null || near.setFenced(key, entry, startedAtMs)) {
        const storedIn = nearShare(key, entry);
        if (far === null) return { isAccepted: true, storedIn };
        return fillFar(far.setFenced(key, entry, startedAtMs), storedIn);
      }
      // Memory knows what has overtaken it; redis may have lost the tombstone, and may have something older still.
      return far === null ? noFill : refuse(far.deleteFenced(key, entry.version));
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
