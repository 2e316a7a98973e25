import type { StoredIn } from './cache.ts';
import type { Entry, MaybePromise } from './entry.ts';
import type { LocalTier, Tier } from './tiers/tier.ts';

/** What became of a fill. */
export type Fill = {
  /** No tier refused it, nor failed. The local one may have declined it all the same: it is not hot, or too large. */
  readonly isAccepted: boolean;
  readonly storedIn: StoredIn;
};

export const noFill: Fill = { isAccepted: false, storedIn: 'none' };

/** The fill of the shared tier alone. */
export async function fillShared(
  isSharedSet: MaybePromise<boolean>,
  local: LocalShare = 'none',
): Promise<Fill> {
  const isAccepted = await isSharedSet;
  if (!isAccepted) return { isAccepted, storedIn: local };
  return { isAccepted, storedIn: local === 'none' ? 'shared' : 'both' };
}

type LocalShare = 'none' | 'local';

/**
 * The tier of the process before the one that all share: writes go through both. A delete goes to the shared one first: a reader
 * between the two would bring the old entry back.
 */
export type TierStack = {
  /** The tier of this process, asked without a promise. */
  readonly local: LocalTier | null;
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

export function createTierStack(local: LocalTier | null, shared: Tier | null): TierStack {
  const localShare = (key: string, entry: Entry): LocalShare =>
    local?.holds(key, entry) === true ? 'local' : 'none';
  return {
    local,
    shared,
    set(key, entry) {
      local?.set(key, entry);
      const storedIn = localShare(key, entry);
      return shared === null ? { isAccepted: true, storedIn } : fillShared(shared.set(key, entry), storedIn);
    },
    setFenced(key, entry, startedAtMs) {
      if (local === null || local.setFenced(key, entry, startedAtMs)) {
        const storedIn = localShare(key, entry);
        if (shared === null) return { isAccepted: true, storedIn };
        return fillShared(shared.setFenced(key, entry, startedAtMs), storedIn);
      }
      // The local tier refused the entry because something newer has come, or may have come. The shared tier may have
      // lost the tombstone of that and may still hold something older, which is deleted there.
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
