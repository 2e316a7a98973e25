import type { Candidate } from './candidates/candidate.ts';
import type { Fence } from './fences/fence.ts';
import { createNoFence } from './fences/no-fence.ts';
import { createVersionFence } from './fences/version-fence.ts';
import { createReadPath } from './reads/read-path.ts';
import type { ReadPathParts } from './reads/read-path.ts';
import { freshOnly } from './strategy.ts';
import type { CacheStrategy, DecisionParts, StrategyDefinition, TieredDecisions } from './strategy.ts';
import { createDoubtedTier } from './tiers/doubted-tier.ts';
import type { DoubtedTier } from './tiers/doubted-tier.ts';
import { fillShared } from './tiers/tier-stack.ts';
import type { TierStack } from './tiers/tier-stack.ts';
import { createWriteSteps } from './writes/write-steps.ts';
import type { WriteStepParts } from './writes/write-steps.ts';

/** What acts on a strategy's decisions; each part says itself what it needs. */
export type TieredParts = ReadPathParts &
  WriteStepParts & {
    readonly candidate: Pick<Candidate, 'fence' | 'invalidation'>;
    readonly tiers: TierStack;
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
  const doubted = doubtedTierOf(given);
  const parts = doubted === null ? given : withShared(given, doubted);
  const { tiers, flights, candidate } = parts;
  const fence = fenceOf(parts);
  const path = createReadPath(parts, fence, { ...freshOnly, ...decisions });
  const steps = createWriteSteps(parts, fence, path);
  // A text-book near cache believes that every message arrives. Pushes of Redis and the change stream know when they do not.
  const noticesLosses = candidate.fence === 'version' || candidate.invalidation !== 'pubsub';
  return {
    read: path.read,
    readMany: path.readMany,
    write: (write) => decisions.write(write, steps),
    onInvalidation(key, version) {
      flights.forget(key);
      fence.removeLocal(key, version);
    },
    // Whoever committed may have died before it could tell redis.
    onChange: steps.removeChanged,
    onApplied: steps.invalidate,
    onDelivery(change) {
      if (!noticesLosses) return;
      flights.forgetAll();
      if (change === 'loss-noticed') tiers.local?.flush();
      if (change === 'loss-noticed') doubted?.rejectFilledBeforeNow();
      if (change === 'disconnected') tiers.local?.suspend();
      if (change === 'resumed') tiers.local?.resume();
    },
  };
}

/**
 * Changes that the change stream has lost may still be in redis as they were before: the process that made them may be dead, or
 * none of the service, so that nobody has deleted their keys. Null where no change stream is read, or there is no shared tier.
 */
function doubtedTierOf({ tiers, leases, clock, candidate }: TieredParts): DoubtedTier | null {
  if (candidate.invalidation !== 'change-stream' || tiers.shared === null) return null;
  return createDoubtedTier(tiers.shared, leases, clock, candidate.ttlMs);
}

function withShared(parts: TieredParts, { tier, leases }: DoubtedTier): TieredParts {
  return { ...parts, leases, tiers: { ...parts.tiers, shared: tier } };
}

/**
 * Redis tells of a key only who has read it, and forgets its readers at each change: an entry that this process has just
 * filled is not watched, so it goes to redis alone, and gets into memory by the next read.
 */
function unwatchedFills({ tiers, candidate }: TieredParts): TierStack {
  const { shared } = tiers;
  if (candidate.invalidation !== 'client-tracking' || shared === null) return tiers;
  return {
    ...tiers,
    set: (key, entry) => fillShared(shared.set(key, entry)),
    setFenced: (key, entry, startedAtMs) => fillShared(shared.setFenced(key, entry, startedAtMs)),
  };
}

function fenceOf(parts: TieredParts): Fence {
  const tiers = unwatchedFills(parts);
  const { fence, invalidation } = parts.candidate;
  return fence === 'version'
    ? createVersionFence(tiers, invalidation !== 'client-tracking')
    : createNoFence(tiers);
}
