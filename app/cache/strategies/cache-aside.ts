import { storeThenInvalidate } from '../strategy.ts';
import type { TieredDefinition } from '../strategy.ts';

/**
 * **cache-aside**, as textbooks have it: a reader that misses loads and fills; a write commits, then deletes the key
 * ([Scaling Memcache at Facebook](https://www.usenix.org/conference/nsdi13/technical-sessions/presentation/nishtala),
 * section 2). It takes most reads off storage. Nothing orders a fill against a delete, so a slow load may put back what a
 * write has just removed, and a lost message of the bus goes unnoticed: both last until the TTL ends. Concurrent misses each
 * load for themselves.
 */
export const cacheAside: TieredDefinition = {
  name: 'cache-aside',
  summary: 'a miss loads and fills; a write commits, then deletes the key',
  usesTiers: true,
  parameters: [],
  defaults: {},
  allows: [
    'stale-fill',
    'older-overwrites-newer',
    'stale-promotion',
    'lost-invalidation',
    'failed-invalidation',
    'crash-before-invalidation',
  ],
  refuses: () => null,
  decisions: () => ({ write: storeThenInvalidate }),
};
