import { lifetimeMsOf } from '../reads/lifetimes.ts';
import { storeThenInvalidate } from '../strategy.ts';
import type { TieredDefinition } from '../strategy.ts';
import { readThrough } from './read-through.ts';

/**
 * **refresh-ahead**: a read that finds an entry near the end of its TTL answers with it and has it loaded anew behind the
 * answer ([Coherence](https://docs.oracle.com/cd/E18686_01/coh.37/e18680/readthrough.htm)). What is read often never misses.
 * The price is loads of entries that nobody reads again; `refresh` is the share of the TTL after which they begin. A refresh
 * asks redis first, where another replica may have put a newer entry, and one that a write overtakes fills nothing.
 */
export const refreshAhead: TieredDefinition = {
  ...readThrough,
  name: 'refresh-ahead',
  summary: 'a read near the end of the TTL reloads behind its answer; hot keys never miss',
  parameters: ['refresh'],
  decisions({ candidate: { ttlMs, refreshShare } }) {
    return {
      decide(entry, nowMs, { entity }) {
        const leftMs = entry.freshUntil - nowMs;
        if (leftMs <= 0) return 'load';
        const lifetimeMs = lifetimeMsOf(entity, ttlMs);
        return leftMs <= lifetimeMs - refreshShare * lifetimeMs ? 'serve-and-refresh' : 'serve';
      },
      write: storeThenInvalidate,
    };
  },
};
