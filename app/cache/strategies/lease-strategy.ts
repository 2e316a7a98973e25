import { storeThenInvalidate } from '../strategy.ts';
import type { TieredDefinition } from '../strategy.ts';
import { cacheAside } from './cache-aside.ts';

/**
 * **lease**: who misses asks Redis for the right to load; one replica gets it, with a 64-bit token, and the others wait for
 * its entry ([Scaling Memcache at Facebook](https://www.usenix.org/conference/nsdi13/technical-sessions/presentation/nishtala),
 * section 3.2.1). A stampede over all replicas is one load. A write takes the token back, so a load from before it fills
 * nothing. A miss costs two scripts in Redis, and who waits polls with growing pauses; a holder that dies is waited for. A hit
 * costs nothing more.
 */
export const lease: TieredDefinition = {
  ...cacheAside,
  name: 'lease',
  summary: 'one replica at a time may load a key, by a token that also forbids a late fill',
  defaults: { protection: 'lease' },
  refuses: ({ protection }) =>
    protection === 'lease'
      ? null
      : 'lease is cache-aside with protection=lease; the other kinds are cache-aside.',
  decisions: () => ({ write: storeThenInvalidate }),
};
