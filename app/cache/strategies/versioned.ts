import { storeThenInvalidate } from '../strategy.ts';
import type { TieredDefinition } from '../strategy.ts';
import { cacheAside } from './cache-aside.ts';

/**
 * **versioned**: cache-aside in which every fill is fenced by the version that storage gave the row (compare-and-set, in
 * memory and, by a script, in Redis). A write commits, then leaves a tombstone with its version; a slower load of an older
 * version is refused, in whatever order things arrive
 * ([Uber's CacheFront](https://www.uber.com/en-IN/blog/how-uber-serves-over-150-million-reads) does the same with row
 * timestamps). The bus numbers its messages: a number that is missing, or a lost connection, flushes the memory tier. The
 * price is a script instead of a plain SET per fill and per delete, nothing on a hit. An invalidation that Redis does not take
 * still leaves the old entry there until its TTL ends.
 */
export const versioned: TieredDefinition = {
  ...cacheAside,
  name: 'versioned',
  summary:
    'cache-aside with fills fenced by row version; memory is flushed when the bus may have lost messages',
  defaults: { protection: 'single-flight', fence: 'version' },
  refuses: ({ fence }) => (fence === 'version' ? null : 'versioned is cache-aside with fence=version.'),
  decisions: () => ({ write: storeThenInvalidate }),
};
