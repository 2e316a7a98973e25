import { isPassing } from '../../errors.ts';
import type { LeasedLoads } from './leased-loads.ts';
import type { Loading, Loads, Miss } from './loads.ts';
import { freshOnly } from '../strategy.ts';
import type { ReadDecisions } from '../strategy.ts';

/** Loads that every reader may make: those of one page together. */
export function createPlainLoads(loads: Loads, { mayServeOnError }: ReadDecisions): LeasedLoads {
  // Where an entry stands in for a failed load, one row that cannot be read must not make its whole page stale. What fails for
  // the moment would fail again, and cost a time-out each.
  const isTriedAlone = (error: unknown): boolean =>
    mayServeOnError !== freshOnly.mayServeOnError && !isPassing(error);
  return {
    one: loads.one,
    many(entity, misses) {
      if (misses.length === 0) return [];
      const loading = loads.ask(entity, misses);
      const loadingOf = async (miss: Miss): Promise<Loading> => {
        try {
          return await loading;
        } catch (error) {
          if (misses.length === 1 || !isTriedAlone(error)) throw error;
          return loads.ask(entity, [miss]);
        }
      };
      return misses.map(async (miss) => loads.keep(miss, await loadingOf(miss)));
    },
  };
}
