import type { CacheWrite, ChangedKey, EntityKey } from '../cache.ts';
import type { CacheObserver } from '../cache-events.ts';
import type { MaybePromise } from '../entry.ts';
import type { Fence } from '../fences/fence.ts';
import type { InvalidationSender } from '../sources/invalidation-source.ts';
import { entityNameOf, makeKey } from '../keys.ts';
import type { ReadPath } from '../reads/read-path.ts';
import type { SingleFlight } from '../reads/single-flight.ts';
import type { ClassPolicies } from '../settings/class-policies.ts';
import type { AnyEntity, Found, TieredDecisions, WriteSteps } from '../strategy.ts';
import type { LeaseTable } from '../tiers/tier.ts';
import type { TierStack } from '../tier-stack.ts';

/** The steps of writes, and of what others have written. */
export type InvalidationSteps = WriteSteps & {
  /** After somebody's commit: takes a key out of all tiers. Resolves to false when one could not be told. */
  removeChanged(key: string, version: number): Promise<boolean>;
};

/** Keys of one write that redis is told of at once: with more, the last ones would not be answered in time. */
const keysAtOnceMax = 500;

async function inTurns<T>(items: readonly T[], act: (item: T) => Promise<void>): Promise<void> {
  for (let from = 0; from < items.length; from += keysAtOnceMax)
    await Promise.all(items.slice(from, from + keysAtOnceMax).map(act));
}

export type WriteStepParts = {
  readonly tiers: Pick<TierStack, 'delete'>;
  readonly flights: SingleFlight<Found>;
  /** Null: loads are not joined across replicas. */
  readonly leases: LeaseTable | null;
  /** Null: nothing tells the other replicas, or something else than the writer does. */
  readonly sender: InvalidationSender | null;
  readonly observe: CacheObserver;
  /** The entities that were registered, by name. */
  readonly entities: ReadonlyMap<string, AnyEntity>;
};

export function createWriteSteps(
  { tiers, flights, leases, sender, observe, entities }: WriteStepParts,
  fence: Fence,
  path: Pick<ReadPath, 'reload'>,
): InvalidationSteps {
  const failed = (name: string) => observe.happened({ type: 'invalidation', name, outcome: 'failed' });

  const takeOut = async (
    { entity, id }: EntityKey,
    version: number,
    remove: (key: string) => MaybePromise<boolean>,
  ): Promise<void> => {
    const key = makeKey(entity.name, id);
    flights.forget(key);
    const isRemoved = await remove(key);
    // A read that began before the delete may have opened a flight meanwhile.
    flights.forget(key);
    if (!isRemoved) failed(entity.name);
    sender?.publish(key, version);
  };
  const invalidateOne = (change: ChangedKey): Promise<void> =>
    takeOut(change, change.version, (key) => fence.remove(key, change.version));

  const refillOne = async (change: ChangedKey): Promise<void> => {
    const { entity: named, id, version } = change;
    const key = makeKey(named.name, id);
    const entity = entities.get(named.name);
    if (entity === undefined) return invalidateOne(change);
    // The holder of the lease may have read before the commit.
    if (leases !== null) await invalidateOne(change);
    flights.forget(key);
    // Memory may decline the new entry, or not be given it, and must not keep the old one.
    fence.removeLocal(key, version);
    // Readers who come now join this load instead of making their own.
    const flight = flights.open(key);
    try {
      const kept = await path.reload({ entity, id, key, flight, rejectedEntry: undefined });
      flight.succeed(kept);
      if (kept.isKept) return sender?.publish(key, version);
    } catch (error) {
      flight.fail(error);
    }
    // The old value may be there still: the row is gone, a tier is full, or another write has come in between.
    return invalidateOne(change);
  };

  return {
    invalidate: (changed) => inTurns(changed, invalidateOne),
    invalidateAhead: (expected) => inTurns(expected, (one) => takeOut(one, 0, tiers.delete)),
    refill: (changed) => inTurns(changed, refillOne),
    async removeChanged(key, version) {
      flights.forget(key);
      const isRemoved = await fence.remove(key, version);
      flights.forget(key);
      if (!isRemoved) failed(entityNameOf(key));
      return isRemoved;
    },
  };
}

/**
 * The steps of writes, but for entries that a class policy lets live until their lifetime ends. The same
 * steps where there is no such policy.
 */
export function stepsOfWrites(steps: InvalidationSteps, policies: ClassPolicies): InvalidationSteps {
  const spared = new Set(
    [...policies].flatMap(([name, { invalidation }]) => (invalidation === 'ttl' ? [name] : [])),
  );
  if (spared.size === 0) return steps;
  const others = <Key extends { readonly entity: { readonly name: string } }>(keys: readonly Key[]) =>
    keys.filter(({ entity }) => !spared.has(entity.name));
  return {
    invalidate: (changed) => steps.invalidate(others(changed)),
    invalidateAhead: (expected) => steps.invalidateAhead(others(expected)),
    refill: (changed) => steps.refill(others(changed)),
    removeChanged: async (key, version) => spared.has(entityNameOf(key)) || steps.removeChanged(key, version),
  };
}

/**
 * Does a write after which something is gone. The strategy decides the order, as for every write; where it
 * tells no tier after the commit, that is done here. `steps` must be those that apply no class policy, so
 * that no key is spared.
 */
export async function writeRemoval<R>(
  write: CacheWrite<R>,
  decisions: Pick<TieredDecisions, 'write'>,
  steps: WriteSteps,
): Promise<R> {
  let isTold = false;
  let gone: readonly ChangedKey[] = [];
  const told = (step: WriteSteps['invalidate']) => (changed: readonly ChangedKey[]) => {
    isTold = true;
    return step(changed);
  };
  const store: CacheWrite<R>['store'] = async () => {
    const stored = await write.store();
    gone = stored.changed;
    return stored;
  };
  const result = await decisions.write(
    { ...write, store },
    { ...steps, invalidate: told(steps.invalidate), refill: told(steps.refill) },
  );
  if (!isTold) await steps.invalidate(gone);
  return result;
}
