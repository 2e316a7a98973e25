import type { Clock } from '../clock.ts';
import type { AnyDeferredKind, ApplyParts } from './writes/apply-writes.ts';
import type { RunInBackground, RunInOwnTrace } from './background-work.ts';
import type { Cache, CachedEntity, CacheRead } from './cache.ts';
import type { CacheObserver } from './cache-events.ts';
import { keepingLocal, keepingShared } from './class-tiers.ts';
import { noPolicies } from './settings/class-policies.ts';
import type { ClassPolicies } from './settings/class-policies.ts';
import type { CacheSettings } from './settings/cache-axes.ts';
import type { MaybePromise } from './entry.ts';
import type { InvalidationListener, InvalidationSource } from './sources/invalidation-source.ts';
import { checkEntityName } from './keys.ts';
import { strategyOf } from './settings/chosen-strategy.ts';
import { bypassed, countBypass } from './reads/bypass.ts';
import { createSingleFlight } from './reads/single-flight.ts';
import type { AnyEntity, CacheStrategy, Found } from './strategy.ts';
import { createStrategy } from './tiered-strategy.ts';
import { tiersOf } from './tiers/index.ts';
import type { SharedTier } from './tiers/tier.ts';
import { createTierStack } from './tier-stack.ts';
import type { TierStack } from './tier-stack.ts';
import type { WriteQueue } from './writes/write-queue.ts';

/** What a cache is joined from. The race tests put their own shared tier and bus here. */
export type CacheParts = {
  readonly candidate: CacheSettings;
  readonly clock: Clock;
  readonly random: () => number;
  readonly observe: CacheObserver;
  readonly runInBackground: RunInBackground;
  /** Runs work behind an answer in a trace of its own. Absent: nothing is traced. */
  readonly inOwnTrace?: RunInOwnTrace;
  /** Resolves after that many milliseconds. */
  readonly wait: (ms: number) => Promise<void>;
  /** In what single kinds of entries differ from what the candidate says. Absent: in nothing. */
  readonly policies?: ClassPolicies;
  /** The tier behind the local one, shared by the replicas, and the leases that it gives. */
  readonly shared: SharedTier | null;
  /** Makes what tells this replica of the others' writes. Null: nothing does. */
  readonly createSource: ((listener: InvalidationListener) => InvalidationSource) | null;
  /** Makes the queue of writes that storage gets later. Null: every write goes there at once. */
  readonly createQueue: ((target: QueueTarget) => WriteQueue) | null;
};

/** Where a queue's writes go. */
export type QueueTarget = Pick<ApplyParts, 'kinds' | 'onApplied'>;

/** Joins a candidate's strategy to its tiers and to its source of invalidations. */
export function assembleCache(parts: CacheParts): {
  readonly cache: Cache;
  readonly source: InvalidationSource | null;
  readonly queue: WriteQueue | null;
} {
  const { candidate, clock, observe, policies = noPolicies } = parts;
  const made = tiersOf(candidate.tiers).local?.create({ settings: candidate, clock, observe }) ?? null;
  const local = made && keepingLocal(made, policies);
  const shared = parts.shared && keepingShared(parts.shared, policies);
  const tiers = createTierStack(local, shared);
  // The source tells the strategy, and the strategy may tell others through the source.
  const source =
    parts.createSource?.({
      onInvalidation: (key, version) => strategy.onInvalidation(key, version),
      onChange: (key, version) => strategy.onChange(key, version),
      onDelivery: (change) => strategy.onDelivery(change),
    }) ?? null;
  const entities = new Map<string, AnyEntity>();
  const kinds = new Map<string, AnyDeferredKind>();
  const queue = parts.createQueue?.({ kinds, onApplied: (changed) => strategy.onApplied(changed) }) ?? null;
  const strategy: CacheStrategy = createStrategy(strategyOf(candidate), {
    ...parts,
    tiers,
    entities,
    queue,
    flights: createSingleFlight<Found>(),
    leases: candidate.protection === 'lease' ? (shared?.leases ?? null) : null,
    sender: source?.sender ?? null,
  });
  // Memory starts suspended: before it is subscribed, a replica would keep entries that the others change.
  if (source !== null) strategy.onDelivery('disconnected');
  return { cache: toCache(strategy, { entities, kinds, tiers, shared, observe, policies }), source, queue };
}

type Joined = {
  readonly entities: Map<string, AnyEntity>;
  readonly kinds: Map<string, AnyDeferredKind>;
  readonly tiers: TierStack;
  readonly shared: SharedTier | null;
  readonly observe: CacheObserver;
  readonly policies: ClassPolicies;
};

function toCache(
  strategy: CacheStrategy,
  { entities, kinds, tiers, shared, observe, policies }: Joined,
): Cache {
  return {
    register(given) {
      checkEntityName(given.name);
      const lifetime = policies.get(given.name);
      const entity = lifetime === undefined ? given : { ...given, lifetime };
      entities.set(entity.name, entity);
      return entity;
    },
    // The strategies carry values through without looking at them.
    read: <Id extends string | number, V>(entity: CachedEntity<Id, V>, id: Id) =>
      strategy.read(entity, id) as MaybePromise<CacheRead<V> | undefined>,
    readMany: <Id extends string | number, V>(entity: CachedEntity<Id, V>, ids: readonly Id[]) =>
      strategy.readMany(entity, ids) as MaybePromise<readonly (CacheRead<V> | undefined)[]>,
    bypass: async ({ name }, load) => bypassed(await countBypass(observe, name, 1, load)),
    write: (write) => strategy.write(write),
    forget: (changed) => strategy.forget(changed),
    // What its own `parse` has made is what its `applyMany` takes.
    registerDeferred: (kind, deferred) => void kinds.set(kind, deferred as AnyDeferredKind),
    usage: () => (tiers.local === null ? [] : [tiers.local.usage()]),
    circuits: () => (shared?.circuit === undefined ? [] : [shared.circuit()]),
    flushLocal: () => tiers.local?.flush(),
    close: () => tiers.close(),
  };
}
