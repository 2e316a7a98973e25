import type { CacheWrite } from './cache.ts';
import type { Fence } from './fences/fence.ts';
import { createNoFence } from './fences/no-fence.ts';
import { createVersionFence } from './fences/version-fence.ts';
import type { ReadPath } from './reads/read-path.ts';
import { createReadPath } from './reads/read-path.ts';
import { freshOnly } from './strategy.ts';
import type { CacheStrategy, ReadDecisions, StrategyContext } from './strategy.ts';
import { createDoubtedTier } from './tiers/doubted-tier.ts';
import type { DoubtedTier } from './tiers/doubted-tier.ts';
import { fillShared } from './tiers/tier-stack.ts';
import type { TierStack } from './tiers/tier-stack.ts';
import { createWriteSteps } from './writes/write-steps.ts';
import type { WriteSteps } from './writes/write-steps.ts';

/** A strategy's own decisions; what it leaves out is as in cache-aside. */
export type TieredDecisions = Partial<ReadDecisions> & {
  /** The order of commit, fill and invalidation. */
  readonly write: <R>(write: CacheWrite<R>, steps: WriteSteps) => Promise<R>;
};

/** Commits, then invalidates what changed: the write of cache-aside and of most of the others. */
export const storeThenInvalidate: TieredDecisions['write'] = async (write, steps) => {
  const { result, changed } = await write.store();
  await steps.invalidate(changed);
  return result;
};

/** Joins a strategy's decisions with the tiers, the fence and the read path of its candidate. */
export function createTieredStrategy(given: StrategyContext, decisions: TieredDecisions): CacheStrategy {
  const doubted = doubtedTierOf(given);
  const context = doubted === null ? given : withShared(given, doubted);
  const { tiers, flights, candidate } = context;
  const fence = fenceOf(context);
  const path: ReadPath = createReadPath(context, fence, { ...freshOnly, ...decisions });
  const steps = createWriteSteps(context, fence, path);
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
function doubtedTierOf({ tiers, leases, clock, candidate }: StrategyContext): DoubtedTier | null {
  if (candidate.invalidation !== 'change-stream' || tiers.shared === null) return null;
  return createDoubtedTier(tiers.shared, leases, clock, candidate.ttlMs);
}

function withShared(context: StrategyContext, { tier, leases }: DoubtedTier): StrategyContext {
  return { ...context, leases, tiers: { ...context.tiers, shared: tier } };
}

/**
 * Redis tells of a key only who has read it, and forgets its readers at each change: an entry that this process has just
 * filled is not watched, so it goes to redis alone, and gets into memory by the next read.
 */
function unwatchedFills({ tiers, candidate }: StrategyContext): TierStack {
  const { shared } = tiers;
  if (candidate.invalidation !== 'client-tracking' || shared === null) return tiers;
  return {
    ...tiers,
    set: (key, entry) => fillShared(shared.set(key, entry)),
    setFenced: (key, entry, startedAtMs) => fillShared(shared.setFenced(key, entry, startedAtMs)),
  };
}

function fenceOf(context: StrategyContext): Fence {
  const tiers = unwatchedFills(context);
  const { fence, invalidation } = context.candidate;
  return fence === 'version'
    ? createVersionFence(tiers, invalidation !== 'client-tracking')
    : createNoFence(tiers);
}
