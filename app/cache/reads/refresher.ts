import type { RunInBackground, RunInOwnTrace } from '../background-work.ts';
import type { CacheObserver } from '../cache-events.ts';
import type { Entry } from '../entry.ts';
import type { Miss } from './loads.ts';
import type { Flight, SingleFlight } from './single-flight.ts';
import type { AnyEntity, Found, Lookup } from '../strategy.ts';

/** Refreshes under way at once in one process. With more, readers go on with the entries that they have. */
const refreshesMax = 100;

/** A key whose entry is to be loaded anew, and that entry. */
export type DueEntry = { readonly lookup: Lookup; readonly entry: Entry };

/**
 * Loads entries behind the answers that they still give, those of one batch together, and each key once at a time. A write
 * that invalidates a key takes its refresh out, so that it fills nothing old.
 */
export type Refresher = { start(entity: AnyEntity, due: readonly DueEntry[]): void };

export type RefresherParts = {
  readonly flights: SingleFlight<Found>;
  readonly observe: CacheObserver;
  readonly runInBackground: RunInBackground;
  /** Absent: nothing is traced. */
  readonly inOwnTrace?: RunInOwnTrace;
};

export function createRefresher(
  { flights, observe, runInBackground, inOwnTrace = (_, work) => work() }: RefresherParts,
  readMany: (entity: AnyEntity, misses: readonly Miss[]) => Promise<readonly Promise<Found>[]>,
): Refresher {
  let underWay = 0;
  const land = async (name: string, flight: Flight<Found>, work: Promise<Found>): Promise<void> => {
    try {
      flight.succeed(await work);
    } catch (error) {
      flight.fail(error);
      observe.happened({ type: 'refresh', name, outcome: 'failed' });
    } finally {
      underWay -= 1;
    }
  };
  const refresh = async (
    entity: AnyEntity,
    misses: readonly (Miss & { flight: Flight<Found> })[],
  ): Promise<void> => {
    const reading = readMany(entity, misses);
    await Promise.all(
      misses.map(({ flight }, index) => {
        const own = reading.then((parts) => parts[index] as Promise<Found>);
        return land(entity.name, flight, own);
      }),
    );
  };
  return {
    start(entity, due) {
      const misses: (Miss & { flight: Flight<Found> })[] = [];
      for (const { lookup, entry } of due) {
        if (flights.current(lookup.key) !== undefined) continue;
        const outcome = underWay < refreshesMax ? 'started' : 'skipped';
        observe.happened({ type: 'refresh', name: entity.name, outcome });
        if (outcome === 'skipped') continue;
        underWay += 1;
        misses.push({ ...lookup, rejectedEntry: entry, flight: flights.open(lookup.key) });
      }
      if (misses.length === 0) return;
      const work = () => refresh(entity, misses);
      runInBackground('refresh', inOwnTrace(`cache.refresh ${entity.name}`, work));
    },
  };
}
