import type { Entry } from './entry.ts';
import type { Miss } from './loads.ts';
import type { Flight } from './single-flight.ts';
import type { Found, Lookup, StrategyContext } from './strategy.ts';

/** Refreshes under way at once in one process. With more, readers go on with the entry that they have. */
const refreshesMax = 100;

/**
 * Loads entries behind the answers that they still give: one at a time per key. A write that invalidates a key takes its
 * refresh out, so that it fills nothing old.
 */
export type Refresher = { start(lookup: Lookup, overdue: Entry): void };

export function createRefresher(
  { flights, observe, runInBackground }: StrategyContext,
  read: (miss: Miss) => Promise<Found>,
): Refresher {
  let underWay = 0;
  const refresh = async (miss: Miss, flight: Flight<Found>): Promise<void> => {
    underWay += 1;
    try {
      flight.succeed(await read(miss));
    } catch (error) {
      flight.fail(error);
      observe.happened({ type: 'refresh', name: miss.entity.name, outcome: 'failed' });
    } finally {
      underWay -= 1;
    }
  };
  return {
    start({ entity, id, key }, overdue) {
      if (flights.current(key) !== undefined) return;
      const outcome = underWay < refreshesMax ? 'started' : 'skipped';
      observe.happened({ type: 'refresh', name: entity.name, outcome });
      if (outcome === 'skipped') return;
      const flight = flights.open(key);
      runInBackground('refresh', refresh({ entity, id, key, flight, overdue }, flight));
    },
  };
}
