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
 * An entry does not say when it was filled. But none is fresh for longer than `lifetimeMs`, so one that stays fresh beyond the time of
 * a loss plus `lifetimeMs` was filled after that loss.
 */
export function createLossAwareTier(
  tier: Tier,
  leases: LeaseTable | null,
  clock: Clock,
  lifetimeMs: number,
): LossAwareTier {
  let freshUntilAtLoss = Number.NEGATIVE_INFINITY;
  const filledSinceLoss = (hit: TierHit | undefined) =>
    hit !== undefined && hit.entry.freshUntil > freshUntilAtLoss ? hit : undefined;
  return {
    tier: {
      ...tier,
      get: async (key) => filledSinceLoss(await tier.get(key)),
      getMany: async (keys) => (await tier.getMany(keys)).map(filledSinceLoss),
    },
    leases: leases && {
      ...leases,
      acquire: (key, freshAfterMs) => leases.acquire(key, Math.max(freshAfterMs, freshUntilAtLoss)),
    },
    rejectFilledBeforeNow() {
      freshUntilAtLoss = clock.now() + lifetimeMs;
    },
  };
}
