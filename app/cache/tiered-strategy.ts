import { noticesLosses } from './settings/anomalies.ts';
import type { CacheSettings } from './settings/cache-axes.ts';
import type { Fence } from './fences/fence.ts';
import { fenceKinds } from './fences/index.ts';
import { invalidationKinds } from './invalidation/index.ts';
import { tellingWhatIsKept } from './class-tiers.ts';
import { entityNameOf } from './keys.ts';
import { lifetimeMsOf } from './reads/lifetimes.ts';
import { createReadPath } from './reads/read-path.ts';
import type { ReadPathParts } from './reads/read-path.ts';
import { freshOnly } from './strategy.ts';
import type { CacheStrategy, DecisionParts, StrategyDefinition, TieredDecisions } from './strategy.ts';
import { createLossAwareTier } from './loss-aware-tier.ts';
import type { LossAwareTier } from './loss-aware-tier.ts';
import type { Tier } from './tiers/tier.ts';
import { fillShared } from './tier-stack.ts';
import type { TierStack } from './tier-stack.ts';
import { createWriteSteps, stepsOfWrites, writeRemoval } from './writes/write-steps.ts';
import type { WriteStepParts } from './writes/write-steps.ts';
import { noPolicies } from './settings/class-policies.ts';
import type { ClassPolicies } from './settings/class-policies.ts';

/** What acts on a strategy's decisions; each part says itself what it needs. */
export type TieredParts = ReadPathParts &
  WriteStepParts & {
    readonly candidate: Pick<CacheSettings, 'fence' | 'invalidation'>;
    readonly tiers: TierStack;
    /** Absent: all entries are treated alike. */
    readonly policies?: ClassPolicies;
  };

/** Makes a strategy of its definition. */
export function createStrategy(
  definition: StrategyDefinition,
  parts: DecisionParts & TieredParts,
): CacheStrategy {
  if (!definition.usesTiers) return definition.create(parts.observe);
  return createTieredStrategy(parts, definition.decisions(parts));
}

/** Joins a strategy's decisions with the tiers, the fence and the read path of its candidate. */
function createTieredStrategy(given: TieredParts, decisions: TieredDecisions): CacheStrategy {
  const lossAware = lossAwareTierOf(given);
  const parts = lossAware === null ? given : withShared(given, lossAware);
  const { tiers, flights, candidate } = parts;
  const fence = tellingWhatIsKept(fenceOf(parts), parts.policies ?? noPolicies);
  const path = createReadPath(parts, fence, { ...freshOnly, ...decisions });
  const steps = createWriteSteps(parts, fence, path);
  const ofWrites = stepsOfWrites(steps, parts.policies ?? noPolicies);
  const isDroppingAtLosses = noticesLosses(candidate);
  return {
    read: path.read,
    readMany: path.readMany,
    write: (write) =>
      write.removes === true ? writeRemoval(write, decisions, steps) : decisions.write(write, ofWrites),
    onInvalidation(key, version) {
      flights.forget(key);
      fence.removeLocal(key, version);
    },
    // Whoever committed may have died before it could tell redis.
    onChange: ofWrites.removeChanged,
    onApplied: ofWrites.invalidate,
    // No policy spares what a deleted account has left.
    forget: steps.invalidate,
    onDelivery(change) {
      if (!isDroppingAtLosses) return;
      flights.forgetAll();
      if (change === 'loss-noticed') tiers.local?.flush();
      if (change === 'loss-noticed') lossAware?.rejectFilledBeforeNow();
      if (change === 'disconnected') tiers.local?.suspend();
      if (change === 'resumed') tiers.local?.resume();
    },
  };
}

/**
 * For candidates whose shared tier is cleared by invalidations alone: the shared tier, which no longer gives out
 * entries from before a loss of invalidations. Nobody else would remove them, since the process that wrote may be
 * dead, or may not belong to the service. Null where the writer itself clears the shared tier, and where there is
 * none.
 */
function lossAwareTierOf({ tiers, leases, clock, candidate, entities }: TieredParts): LossAwareTier | null {
  if (!invalidationKinds[candidate.invalidation].clearsSharedTier || tiers.shared === null) return null;
  return createLossAwareTier(tiers.shared, leases, clock, (key) => {
    const entity = entities.get(entityNameOf(key));
    return entity?.freshness === 'versioned'
      ? { present: lifetimeMsOf(entity, candidate.ttlMs), absent: candidate.negativeTtlMs }
      : null;
  });
}

function withShared(parts: TieredParts, { tier, leases }: LossAwareTier): TieredParts {
  return { ...parts, leases, tiers: { ...parts.tiers, shared: tier } };
}

function fenceOf({ tiers, candidate }: TieredParts): Fence {
  const { watchesOwnFills, tellsVersions } = invalidationKinds[candidate.invalidation];
  const { create } = fenceKinds[candidate.fence];
  return create(
    watchesOwnFills || tiers.shared === null ? tiers : fillingSharedOnly(tiers, tiers.shared),
    tellsVersions,
  );
}

/**
 * The same tiers, whose fills go to the shared one alone: this process would not hear of changes to what it
 * has just filled.
 */
function fillingSharedOnly(tiers: TierStack, shared: Tier): TierStack {
  return {
    ...tiers,
    set: (key, entry) => fillShared(shared.set(key, entry)),
    setFenced: (key, entry, startedAtMs) => fillShared(shared.setFenced(key, entry, startedAtMs)),
  };
}
