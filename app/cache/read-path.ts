import type { Entry, Loaded, MaybePromise } from './entry.ts';
import type { Flight } from './single-flight.ts';
import type { BatchLookup, Fill, Found, Lookup, StrategyContext } from './strategy.ts';

/** Reading through the tiers and, on a miss, from storage: the same in every strategy but for how an entry is filled. */
export type ReadPath = {
  /** Immediate on a memory hit. */
  read(lookup: Lookup): MaybePromise<Found>;
  readMany(batch: BatchLookup): Promise<readonly Found[]>;
};

export function createReadPath(context: StrategyContext, fill: Fill): ReadPath {
  const { tiers, flights, observe, clock } = context;

  const answered = (name: string, found: Found): Found => {
    observe({ type: 'answered', name, outcome: found.outcome });
    return found;
  };

  const toEntry = (loaded: Loaded<unknown>, freshness: Lookup['freshness']): Entry => {
    const freshUntil = clock.now() + context.ttlMs(freshness);
    return { value: loaded.value, version: loaded.version, freshUntil, staleUntil: freshUntil };
  };

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
    const entry = toEntry(loaded, freshness);
    await fill(key, entry, startedAtMs, flight?.isForgotten === true);
    return { entry, outcome: 'load' };
  };

  /** Redis, then storage. */
  const readFar = async (lookup: Lookup, flight: Flight<Found> | undefined): Promise<Found> => {
    const hit = await tiers.get(lookup.key);
    if (hit !== undefined)
      return { entry: hit.entry, outcome: hit.tier === 'memory' ? 'memory-hit' : 'redis-hit' };
    const startedAtMs = clock.now();
    const loaded = await load(lookup.entityName, 1, lookup.load);
    return keep(lookup.key, loaded, lookup.freshness, startedAtMs, flight);
  };

  /** A failed load counts as the load, or the joined load, that it was. */
  const settle = async (
    name: string,
    outcome: 'load' | 'joined-load',
    work: Promise<Found>,
  ): Promise<Found> => {
    try {
      return answered(name, await work);
    } catch (error) {
      observe({ type: 'answered', name, outcome });
      throw error;
    }
  };

  const readMissed = (lookup: Lookup): Promise<Found> => {
    if (flights === null) return settle(lookup.entityName, 'load', readFar(lookup, undefined));
    const current = flights.current(lookup.key);
    if (current !== undefined) return settle(lookup.entityName, 'joined-load', joined(current));
    const flight = flights.open(lookup.key);
    return settle(lookup.entityName, 'load', fly(flight, readFar(lookup, flight)));
  };

  const readMany = async (batch: BatchLookup): Promise<readonly Found[]> => {
    observe({ type: 'asked', name: batch.entityName, count: batch.keys.length });
    const works = new Map<string, Promise<Found>>();
    const missing: string[] = [];
    const near = new Map<string, Found>();
    for (const key of batch.keys) {
      const hit = tiers.near?.get(key);
      const current = flights?.current(key);
      if (hit !== undefined) near.set(key, { entry: hit.entry, outcome: 'memory-hit' });
      else if (current !== undefined) works.set(key, joined(current));
      else missing.push(key);
    }
    const opened = new Map(missing.map((key) => [key, flights?.open(key)] as const));
    const together = readManyFar(batch, missing, opened);
    for (const [index, key] of missing.entries()) {
      const flight = opened.get(key);
      const own = together.then((found) => found[index] as Promise<Found>);
      works.set(key, flight === undefined ? own : fly(flight, own));
    }
    return Promise.all(
      batch.keys.map((key) => {
        const hit = near.get(key);
        if (hit !== undefined) return answered(batch.entityName, hit);
        return settle(
          batch.entityName,
          opened.has(key) ? 'load' : 'joined-load',
          works.get(key) as Promise<Found>,
        );
      }),
    );
  };

  /** A key that redis has does not wait for those that storage is asked for, nor fail with them. */
  const readManyFar = async (
    batch: BatchLookup,
    keys: readonly string[],
    flightOf: ReadonlyMap<string, Flight<Found> | undefined>,
  ): Promise<readonly Promise<Found>[]> => {
    if (keys.length === 0) return [];
    const hits = await tiers.getMany(keys);
    const toLoad = keys.filter((_, index) => hits[index] === undefined);
    const startedAtMs = clock.now();
    const loading =
      toLoad.length === 0
        ? Promise.resolve<ReadonlyMap<string, Loaded<unknown>>>(new Map())
        : load(batch.entityName, toLoad.length, () => batch.loadMany(toLoad));
    return keys.map(async (key, index): Promise<Found> => {
      const hit = hits[index];
      if (hit !== undefined)
        return { entry: hit.entry, outcome: hit.tier === 'memory' ? 'memory-hit' : 'redis-hit' };
      return keep(key, (await loading).get(key), batch.freshness, startedAtMs, flightOf.get(key));
    });
  };

  return {
    read(lookup) {
      observe({ type: 'asked', name: lookup.entityName, count: 1 });
      const hit = tiers.near?.get(lookup.key);
      if (hit === undefined) return readMissed(lookup);
      return answered(lookup.entityName, { entry: hit.entry, outcome: 'memory-hit' });
    },
    readMany,
  };
}

/** Ends a flight with the work's outcome, whatever that is. */
async function fly(flight: Flight<Found>, work: Promise<Found>): Promise<Found> {
  try {
    const found = await work;
    flight.succeed(found);
    return found;
  } catch (error) {
    flight.fail(error);
    throw error;
  }
}

/** What a reader gets who waited for another's flight: that flight's redis hit, or a joined load. */
async function joined(flight: Flight<Found>): Promise<Found> {
  const found = await flight.result;
  return found.outcome === 'load' ? { entry: found.entry, outcome: 'joined-load' } : found;
}
