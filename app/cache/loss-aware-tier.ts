import type { Clock } from '../clock.ts';
import type { LeaseTable, Tier, TierHit } from './tiers/tier.ts';

/**
 * The shared tier as one replica sees it. When the replica has missed changes for good, an entry that was filled before that may show
 * a row as it was before a change, and nobody will take it away. So the replica is no longer given such entries, and loads their keys
 * anew.
 */
export type LossAwareTier = {
  readonly tier: Tier;
  readonly leases: LeaseTable | null;
  /** Changes were missed: from now on no entry that is in the tier already is given out. */
  rejectFilledBeforeNow(): void;
};

/**
 * How long an entry of a key is fresh at most, with a value or without a row. Null: no write invalidates it, so that a loss says
 * nothing of it.
 */
export type LongestFreshMs = (key: string) => { readonly present: number; readonly absent: number } | null;

/**
 * An entry does not say when it was filled. But none is fresh for longer than its lifetime, so one that stays fresh beyond the time of
 * a loss plus that lifetime was filled after the loss.
 */
export function createLossAwareTier(
  tier: Tier,
  leases: LeaseTable | null,
  clock: Clock,
  longestFreshMs: LongestFreshMs,
): LossAwareTier {
  let lossAtMs = Number.NEGATIVE_INFINITY;
  const filledSinceLoss = (key: string, hit: TierHit | undefined): TierHit | undefined => {
    if (hit === undefined) return undefined;
    const longestMs = longestFreshMs(key);
    if (longestMs === null) return hit;
    const ownMs = hit.entry.isAbsent ? longestMs.absent : longestMs.present;
    return hit.entry.freshUntil > lossAtMs + ownMs ? hit : undefined;
  };
  /**
   * Until when an entry must at least be fresh to be given to a reader who asks for a lease. Only the tier knows
   * whether the entry has a value, so the longer of the two lifetimes counts.
   */
  const freshAfterLossMs = (key: string): number => {
    const longestMs = longestFreshMs(key);
    return longestMs === null
      ? Number.NEGATIVE_INFINITY
      : lossAtMs + Math.max(longestMs.present, longestMs.absent);
  };
  return {
    tier: {
      ...tier,
      get: async (key) => filledSinceLoss(key, await tier.get(key)),
      getMany: async (keys) => {
        const hits = await tier.getMany(keys);
        return keys.map((key, index) => filledSinceLoss(key, hits[index]));
      },
    },
    leases: leases && {
      ...leases,
      acquire: (key, freshAfterMs) => leases.acquire(key, Math.max(freshAfterMs, freshAfterLossMs(key))),
    },
    rejectFilledBeforeNow() {
      lossAtMs = clock.now();
    },
  };
}
