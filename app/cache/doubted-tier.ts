import type { Clock } from '../clock.ts';
import type { LeaseTable } from './tiers/tier.ts';
import type { Tier, TierHit } from './tiers/tier.ts';

/** The shared tier as one replica sees it: entries that were filled before changes were last lost are hidden from it. */
export type DoubtedTier = {
  readonly tier: Tier;
  readonly leases: LeaseTable | null;
  /** Changes were lost for good: whatever is in the tier now may be wrong, and nobody will take it away. */
  rejectFilledBeforeNow(): void;
};

/** `lifetimeMs` is the longest TTL of an entry: one that stays fresh for longer than that from the doubt on was filled later. */
export function createDoubtedTier(
  tier: Tier,
  leases: LeaseTable | null,
  clock: Clock,
  lifetimeMs: number,
): DoubtedTier {
  let doubtUntilMs = Number.NEGATIVE_INFINITY;
  const believed = (hit: TierHit | undefined) =>
    hit !== undefined && hit.entry.freshUntil > doubtUntilMs ? hit : undefined;
  return {
    tier: {
      ...tier,
      get: async (key) => believed(await tier.get(key)),
      getMany: async (keys) => (await tier.getMany(keys)).map(believed),
    },
    leases: leases && {
      ...leases,
      acquire: (key, freshAfterMs) => leases.acquire(key, Math.max(freshAfterMs, doubtUntilMs)),
    },
    rejectFilledBeforeNow() {
      doubtUntilMs = clock.now() + lifetimeMs;
    },
  };
}
