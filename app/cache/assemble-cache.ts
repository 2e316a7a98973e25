import type { Clock } from '../clock.ts';
import type { Cache, CachedEntity } from './cache.ts';
import type { CacheObserver } from './cache-events.ts';
import type { Candidate } from './candidate.ts';
import type { BusListener, InvalidationBus } from './invalidation-bus.ts';
import { makeKey } from './keys.ts';
import { createSingleFlight } from './single-flight.ts';
import { strategies } from './strategies/index.ts';
import { toCacheRead } from './strategy.ts';
import type { CacheStrategy, Found, StrategyDefinition } from './strategy.ts';
import { createMemoryTier } from './tiers/memory-tier.ts';
import type { Tier } from './tiers/tier.ts';
import { createTierStack } from './tiers/tier-stack.ts';
import { jitteredTtlMs } from './ttl-jitter.ts';

/** What a cache is joined from. The race tests put their own shared tier and bus here. */
export type CacheParts = {
  readonly candidate: Candidate;
  readonly clock: Clock;
  readonly random: () => number;
  readonly observe: CacheObserver;
  /** The tier behind memory, shared by the replicas. */
  readonly far: Tier | null;
  readonly createBus: ((listener: BusListener) => InvalidationBus) | null;
};

/** Joins a candidate's strategy to its tiers and its bus. */
export function assembleCache({ candidate, clock, random, observe, far, createBus }: CacheParts): Cache {
  const definition: StrategyDefinition = strategies[candidate.strategy];
  const near = candidate.tiers.includes('memory')
    ? createMemoryTier({ bytesMax: candidate.memoryBytes, clock, observe })
    : null;
  const tiers = createTierStack({ near, far, promote: definition.promote, now: clock.now });
  const flights = candidate.protection === 'single-flight' ? createSingleFlight<Found>() : null;
  const ttlMs = (freshness: 'versioned' | 'ttl') =>
    jitteredTtlMs(freshness === 'ttl' ? candidate.feedTtlMs : candidate.ttlMs, candidate.ttlJitter, random);

  // The bus tells the strategy, and the strategy tells the bus.
  const listener: BusListener = {
    onInvalidation: (key, version) => strategy.onInvalidation(key, version),
    onUnsure: (what) => strategy.onUnsure(what),
  };
  const bus = createBus?.(listener) ?? null;
  const strategy: CacheStrategy = definition.create({ tiers, clock, observe, flights, bus, ttlMs });
  // Until the bus hears itself, memory would keep what others write.
  if (bus !== null) strategy.onUnsure('cut');
  return toCache(strategy, clock, () => tiers.close());
}

function toCache(strategy: CacheStrategy, clock: Clock, close: () => Promise<void>): Cache {
  return {
    read<Id extends string | number, V>(entity: CachedEntity<Id, V>, id: Id) {
      const found = strategy.read({
        key: makeKey(entity.name, id),
        entityName: entity.name,
        freshness: entity.freshness,
        load: async () => (await entity.loadMany([id])).get(id),
      });
      if (found instanceof Promise) return found.then((late) => toCacheRead<V>(late, clock.now()));
      return toCacheRead<V>(found, clock.now());
    },
    async readMany<Id extends string | number, V>(entity: CachedEntity<Id, V>, ids: readonly Id[]) {
      const idOf = new Map(ids.map((id) => [makeKey(entity.name, id), id] as const));
      const keys = [...idOf.keys()];
      const found = await strategy.readMany({
        keys,
        entityName: entity.name,
        freshness: entity.freshness,
        loadMany: async (wanted) => {
          const loaded = await entity.loadMany(wanted.map((key) => idOf.get(key) as Id));
          return new Map([...loaded].map(([id, value]) => [makeKey(entity.name, id), value] as const));
        },
      });
      const readOf = new Map(
        keys.map((key, index) => [key, toCacheRead<V>(found[index] as Found, clock.now())] as const),
      );
      return ids.map((id) => readOf.get(makeKey(entity.name, id)));
    },
    write: (write) => strategy.write(write),
    close,
  };
}
