import type { Entry, Loaded } from './entry.ts';
import type { Flight } from './single-flight.ts';
import type { BatchLookup, Fill, Found, Lookup, StrategyContext } from './strategy.ts';
import type { TierHit } from './tiers/tier.ts';

/** Reads that memory could not answer: the tiers behind it, then storage, then the fill. */
export type FarReads = {
  one(lookup: Lookup, flight: Flight<Found> | undefined): Promise<Found>;
  /** In the order of `keys`. A key that redis has does not wait for those that storage is asked for, nor fail with them. */
  many(
    batch: BatchLookup,
    keys: readonly string[],
    flightOf: ReadonlyMap<string, Flight<Found> | undefined>,
  ): Promise<readonly Promise<Found>[]>;
};

const noRows: Promise<ReadonlyMap<string, Loaded<unknown>>> = Promise.resolve(new Map());

function foundIn({ entry, tier }: TierHit): Found {
  return { entry, outcome: tier === 'memory' ? 'memory-hit' : 'redis-hit' };
}

export function createFarReads(context: StrategyContext, fill: Fill): FarReads {
  const { tiers, observe, clock } = context;

  const load = async <T>(name: string, keys: number, ask: () => Promise<T>): Promise<T> => {
    const startedAtMs = performance.now();
    let isFailed = true;
    try {
      const loaded = await ask();
      isFailed = false;
      return loaded;
    } finally {
      observe({ type: 'loaded', name, keys, durationMs: performance.now() - startedAtMs, isFailed });
    }
  };

  const keep = async (
    key: string,
    loaded: Loaded<unknown> | undefined,
    freshness: Lookup['freshness'],
    startedAtMs: number,
    flight: Flight<Found> | undefined,
  ): Promise<Found> => {
    if (loaded === undefined) return { entry: undefined, outcome: 'load' };
    const freshUntil = clock.now() + context.ttlMs(freshness);
    const entry: Entry = { value: loaded.value, version: loaded.version, freshUntil, staleUntil: freshUntil };
    await fill(key, entry, startedAtMs, flight?.isForgotten === true);
    return { entry, outcome: 'load' };
  };

  return {
    async one(lookup, flight) {
      const hit = await tiers.get(lookup.key);
      if (hit !== undefined) return foundIn(hit);
      const startedAtMs = clock.now();
      const loaded = await load(lookup.entityName, 1, lookup.load);
      return keep(lookup.key, loaded, lookup.freshness, startedAtMs, flight);
    },
    async many(batch, keys, flightOf) {
      if (keys.length === 0) return [];
      const hits = await tiers.getMany(keys);
      const toLoad = keys.filter((_, index) => hits[index] === undefined);
      const startedAtMs = clock.now();
      const loading =
        toLoad.length === 0 ? noRows : load(batch.entityName, toLoad.length, () => batch.loadMany(toLoad));
      return keys.map(async (key, index): Promise<Found> => {
        const hit = hits[index];
        if (hit !== undefined) return foundIn(hit);
        return keep(key, (await loading).get(key), batch.freshness, startedAtMs, flightOf.get(key));
      });
    },
  };
}
