import { storeThenInvalidate } from '../strategy.ts';
import type { TieredDefinition } from '../strategy.ts';
import { cacheAside } from './cache-aside.ts';

/**
 * **client-tracking**: Redis remembers which replica has read which key, and tells it when the key changes
 * ([client-side caching](https://redis.io/docs/latest/develop/reference/client-side-caching/), RESP3 push messages). No
 * message of the writer can be lost between replicas: Redis sends it on the connection of the read, and a connection that
 * is lost empties the memory tier. Redis pays with memory for what it remembers, every change of a key, a refill too, is told
 * to its readers, and the client that understands these pushes costs more CPU per read.
 */
export const clientTracking: TieredDefinition = {
  ...cacheAside,
  name: 'client-tracking',
  summary: 'Redis itself tells the replicas that have read a key when it changes (RESP3)',
  defaults: { protection: 'single-flight', invalidation: 'client-tracking' },
  refuses: ({ invalidation }) =>
    invalidation === 'client-tracking' ? null : 'client-tracking is cache-aside with that invalidation.',
  decisions: () => ({ write: storeThenInvalidate }),
};
