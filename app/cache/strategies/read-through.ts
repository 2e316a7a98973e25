import { storeThenInvalidate } from '../strategy.ts';
import type { TieredDefinition } from '../strategy.ts';
import { cacheAside } from './cache-aside.ts';

/**
 * **read-through**: the cache itself loads what it lacks, once for all who ask at the same time
 * ([Coherence](https://docs.oracle.com/cd/E18686_01/coh.37/e18680/readthrough.htm)). It differs from cache-aside in who
 * loads: a stampede of readers in one process is one load. A slow load holds all of them, and a failed one fails them
 * together. A load that an invalidation of its own process overtakes fills nothing; one that another replica overtakes may.
 */
export const readThrough: TieredDefinition = {
  ...cacheAside,
  name: 'read-through',
  summary: 'the cache loads, once for all concurrent readers of a process; a write commits, then deletes',
  defaults: { protection: 'single-flight' },
  refuses: ({ strategy, protection }) =>
    protection === 'none' ? `${strategy} joins its loads; the strategy that does not is cache-aside.` : null,
  decisions: () => ({ write: storeThenInvalidate }),
};
