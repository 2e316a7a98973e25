import KeyvRedis from '@keyv/redis';
import { Cacheable, createKeyv } from 'cacheable';
import { ttlMs } from './contestant.ts';
import type { OpenCache } from './contestant.ts';

/** cacheable with its own memory store, which clones what it gives unless told not to. It always has a memory tier. */
const openWith =
  (useClone: boolean): OpenCache =>
  ({ tiers, memoryEntries, redisUrl, keyPrefix, keyOf, load }) => {
    const cache = new Cacheable({
      ttl: ttlMs,
      primary: createKeyv({ ttl: ttlMs, lruSize: memoryEntries, useClone }),
      ...(tiers === 'memory' ? {} : { secondary: new KeyvRedis(redisUrl, { namespace: keyPrefix }) }),
    });
    return {
      read: (id) => cache.getOrSet(keyOf(id), () => load(id)),
      get: (id) => cache.get(keyOf(id)),
      remove: (id) => cache.delete(keyOf(id)),
      close: () => cache.disconnect(),
    };
  };

export const openCacheable = openWith(true);
export const openCacheableUncloned = openWith(false);
