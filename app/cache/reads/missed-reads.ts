import type { CacheRead, ReadOutcome } from '../cache.ts';
import type { CacheObserver } from '../cache-events.ts';
import type { CacheSettings } from '../settings/cache-axes.ts';
import type { Entry } from '../entry.ts';
import type { SharedReads } from './shared-reads.ts';
import type { Miss } from './loads.ts';
import type { Flight, SingleFlight } from './single-flight.ts';
import type { AnyEntity, Found, Lookup } from '../strategy.ts';
import { freezeAndEstimateBytes } from '../value-size.ts';

type Read = CacheRead<unknown> | undefined;

/** A key that memory did not answer, with the entry that it found wanting. */
export type MissedLookup = { readonly lookup: Lookup; readonly rejectedEntry: Entry | undefined };

/** Reads that memory could not answer: joined with others that are under way, where the candidate joins them, and counted. */
export type MissedReads = {
  one(lookup: Lookup, rejectedEntry: Entry | undefined): Promise<Read>;
  /** In the order of `missed`; duplicates allowed. Rejects when one of them does. */
  many(entity: AnyEntity, missed: readonly MissedLookup[]): Promise<readonly Read[]>;
};

export type MissedReadParts = {
  readonly candidate: Pick<CacheSettings, 'protection'>;
  /** Loads under way: those that other readers join, where the candidate joins them, and refreshes. */
  readonly flights: SingleFlight<Found>;
  readonly observe: CacheObserver;
};

export function createMissedReads(
  { candidate, flights, observe }: MissedReadParts,
  shared: SharedReads,
): MissedReads {
  const isJoining = candidate.protection !== 'none';

  /** Answers with what the work finds. Work that fails counts as the load, or the joined load, that it was. */
  const settle = async (name: string, outcome: ReadOutcome, work: Promise<Found>): Promise<Read> => {
    try {
      const found = await work;
      observe.answered(name, found.outcome, 1);
      return found.read;
    } catch (error) {
      observe.answered(name, outcome, 1);
      throw error;
    }
  };
  const flightOf = (key: string): Flight<Found> | undefined => (isJoining ? flights.current(key) : undefined);
  const open = (key: string): Flight<Found> | undefined => (isJoining ? flights.open(key) : undefined);

  return {
    one(lookup, rejectedEntry) {
      const { entity, key } = lookup;
      const current = flightOf(key);
      if (current !== undefined) return settle(entity.name, 'joined-load', joined(current.result));
      const flight = open(key);
      return settle(entity.name, 'load', fly(flight, shared.one({ ...lookup, flight, rejectedEntry })));
    },
    many(entity, missed) {
      const work = new Map<string, Promise<Found>>();
      const reads: Promise<Read>[] = [];
      const misses: { readonly miss: Miss; readonly found: PromiseWithResolvers<Found> }[] = [];
      for (const { lookup, rejectedEntry } of missed) {
        const { key } = lookup;
        const others = work.get(key) ?? flightOf(key)?.result;
        if (others !== undefined) {
          reads.push(settle(entity.name, 'joined-load', joined(others)));
          continue;
        }
        const flight = open(key);
        const found = Promise.withResolvers<Found>();
        misses.push({ miss: { ...lookup, flight, rejectedEntry }, found });
        const flown = fly(flight, found.promise);
        work.set(key, flown);
        reads.push(settle(entity.name, 'load', flown));
      }
      if (misses.length > 0) distribute(entity, misses);
      return Promise.all(reads);
    },
  };

  /** Reads them together and gives each its part. */
  function distribute(
    entity: AnyEntity,
    misses: readonly { readonly miss: Miss; readonly found: PromiseWithResolvers<Found> }[],
  ): void {
    const asked = misses.map(({ miss }) => miss);
    shared.many(entity, asked).then(
      (parts) => {
        for (const [index, { found }] of misses.entries()) found.resolve(parts[index] as Promise<Found>);
      },
      (error: unknown) => {
        for (const { found } of misses) found.reject(error);
      },
    );
  }
}

/** Ends a flight with the work's outcome, whatever that is. */
async function fly(flight: Flight<Found> | undefined, work: Promise<Found>): Promise<Found> {
  try {
    const found = await work;
    flight?.succeed(found);
    return found;
  } catch (error) {
    flight?.fail(error);
    throw error;
  }
}

/**
 * What a reader gets that has waited for the work of another one: the same hit, or a joined load. Both readers have
 * the same value in hand.
 */
async function joined(work: Promise<Found>): Promise<Found> {
  const found = await work;
  if (!Object.isFrozen(found.read?.value)) freezeAndEstimateBytes(found.read?.value);
  if (found.outcome !== 'load') return found;
  const outcome = 'joined-load';
  return { outcome, read: found.read === undefined ? undefined : { ...found.read, outcome } };
}
