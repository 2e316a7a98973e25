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
export async function fillShared(
  isSharedSet: MaybePromise<boolean>,
  local: MemoryShare = 'none',
): Promise<Fill> {
  const isAccepted = await isSharedSet;
  if (!isAccepted) return { isAccepted, storedIn: local };
  return { isAccepted, storedIn: local === 'none' ? 'redis' : 'memory+redis' };
}

type MemoryShare = 'none' | 'memory';

/**
 * Memory before redis: writes go through both. A delete goes to redis first: a reader between the two would bring the old
 * entry back.
 */
export type TierStack = {
  /** The memory tier, asked without a promise. */
  readonly local: MemoryTier | null;
  /** The tier behind it. */
  readonly shared: Tier | null;
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

export function createTierStack(local: MemoryTier | null, shared: Tier | null): TierStack {
  const nearShare = (key: string, entry: Entry): MemoryShare =>
    local?.holds(key, entry) === true ? 'memory' : 'none';
  return {
    local,
    shared,
    set(key, entry) {
      local?.set(key, entry);
      const storedIn = nearShare(key, entry);
      return shared === null ? { isAccepted: true, storedIn } : fillShared(shared.set(key, entry), storedIn);
    },
    setFenced(key, entry, startedAtMs) {
      if (local === null || local.setFenced(key, entry, startedAtMs)) {
        const storedIn = nearShare(key, entry);
        if (shared === null) return { isAccepted: true, storedIn };
        return fillShared(shared.setFenced(key, entry, startedAtMs), storedIn);
      }
      // Memory knows what has overtaken it; redis may have lost the tombstone, and may have something older still.
      return shared === null ? noFill : refuse(shared.deleteFenced(key, entry.version));
    },
    async delete(key) {
      const isSharedDeleted = (await shared?.delete(key)) ?? true;
      local?.delete(key);
      return isSharedDeleted;
    },
    async deleteFenced(key, version) {
      local?.deleteFenced(key, version);
      return (await shared?.deleteFenced(key, version)) ?? true;
    },
    close: async () => {
      await Promise.all([local?.close(), shared?.close()]);
    },
  };
}
