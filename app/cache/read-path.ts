import type { CacheObserver } from './cache-events.ts';
import type { MaybePromise } from './entry.ts';
import { createFarReads } from './far-reads.ts';
import type { Flight } from './single-flight.ts';
import type { BatchLookup, Fill, Found, Lookup, StrategyContext } from './strategy.ts';

/** Reading through the tiers and, on a miss, from storage: the same in every strategy but for how an entry is filled. */
export type ReadPath = {
  /** Immediate on a memory hit. */
  read(lookup: Lookup): MaybePromise<Found>;
  readMany(batch: BatchLookup): Promise<readonly Found[]>;
};

export function createReadPath(context: StrategyContext, fill: Fill): ReadPath {
  const { tiers, flights, observe } = context;
  const far = createFarReads(context, fill);

  const readMissed = (lookup: Lookup): Promise<Found> => {
    const { entityName, key } = lookup;
    if (flights === null) return settle(observe, entityName, 'load', far.one(lookup, undefined));
    const current = flights.current(key);
    if (current !== undefined) return settle(observe, entityName, 'joined-load', joined(current));
    const flight = flights.open(key);
    return settle(observe, entityName, 'load', fly(flight, far.one(lookup, flight)));
  };

  return {
    read(lookup) {
      observe({ type: 'asked', name: lookup.entityName, count: 1 });
      const hit = tiers.near?.get(lookup.key);
      if (hit === undefined) return readMissed(lookup);
      return answer(observe, lookup.entityName, { entry: hit.entry, outcome: 'memory-hit' });
    },
    async readMany(batch) {
      const { entityName, keys } = batch;
      observe({ type: 'asked', name: entityName, count: keys.length });
      const answers = new Map<string, Promise<Found>>();
      const missing: string[] = [];
      for (const key of keys) {
        const hit = tiers.near?.get(key);
        const current = hit === undefined ? flights?.current(key) : undefined;
        if (hit !== undefined) {
          const found = answer(observe, entityName, { entry: hit.entry, outcome: 'memory-hit' });
          answers.set(key, Promise.resolve(found));
        } else if (current !== undefined) {
          answers.set(key, settle(observe, entityName, 'joined-load', joined(current)));
        } else missing.push(key);
      }
      const opened = new Map(missing.map((key) => [key, flights?.open(key)] as const));
      const together = far.many(batch, missing, opened);
      for (const [index, key] of missing.entries()) {
        const own = together.then((found) => found[index] as Promise<Found>);
        const flight = opened.get(key);
        const work = flight === undefined ? own : fly(flight, own);
        answers.set(key, settle(observe, entityName, 'load', work));
      }
      return Promise.all(keys.map((key) => answers.get(key) as Promise<Found>));
    },
  };
}

function answer(observe: CacheObserver, name: string, found: Found): Found {
  observe({ type: 'answered', name, outcome: found.outcome });
  return found;
}

/** Answers with what the work finds. Work that fails counts as the load, or the joined load, that it was. */
async function settle(
  observe: CacheObserver,
  name: string,
  outcome: 'load' | 'joined-load',
  work: Promise<Found>,
): Promise<Found> {
  try {
    return answer(observe, name, await work);
  } catch (error) {
    observe({ type: 'answered', name, outcome });
    throw error;
  }
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
