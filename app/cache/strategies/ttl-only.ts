import type { TieredDefinition } from '../strategy.ts';
import { cacheAside } from './cache-aside.ts';

/**
 * **ttl-only** (write-around): a write goes to storage and past the cache; an entry answers until its TTL ends, however wrong
 * it has become ([caching best practices](https://aws.amazon.com/builders-library/caching-challenges-and-strategies/)). The
 * simplest thing that works: no write is slower, nothing can be lost, and what is written and never read takes no room. The
 * TTL is the staleness that you accept, one's own writes included. A deleted photo is no write like the others: it leaves the memory
 * of the replica that deletes it, and Redis; the memory of another replica may show it until its TTL ends, since nothing tells it.
 */
export const ttlOnly: TieredDefinition = {
  ...cacheAside,
  name: 'ttl-only',
  summary: 'write-around: no write but a deletion touches the cache; entries answer until their TTL ends',
  allows: ['no-invalidation'],
  defaults: { invalidation: 'ttl' },
  refuses({ invalidation, fence }) {
    if (invalidation !== 'ttl') return 'ttl-only hears of no write; cache-aside does.';
    return fence === 'version' ? 'ttl-only hears of no write, so there is no version to fence with.' : null;
  },
  decisions: () => ({ write: async (write) => (await write.store()).result }),
};
