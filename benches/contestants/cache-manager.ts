import { createKeyv as createRedisKeyv } from '@keyv/redis';
import { createCache } from 'cache-manager';
import { createKeyv } from 'cacheable';
import type { Photo } from '../../app/photos/photo-store.ts';
import { ttlMs } from './contestant.ts';
import type { OpenCache } from './contestant.ts';

/** cache-manager over Keyv stores, as its README makes them: the memory store clones unless told not to. */
const openWith =
  (useClone: boolean): OpenCache =>
  ({ tiers, memoryEntries, redisUrl, keyPrefix, keyOf, load }) => {
    const memory = tiers === 'redis' ? [] : [createKeyv({ ttl: ttlMs, lruSize: memoryEntries, useClone })];
    const redis = tiers === 'memory' ? [] : [createRedisKeyv(redisUrl, { namespace: keyPrefix })];
    const cache = createCache({ ttl: ttlMs, stores: [...memory, ...redis] });
    return {
      read: (id) => cache.wrap<Photo>(keyOf(id), () => load(id)),
      get: (id) => cache.get<Photo>(keyOf(id)),
      remove: (id) => cache.del(keyOf(id)),
      close: () => cache.disconnect(),
    };
  };

export const openCacheManager = openWith(true);
export const openCacheManagerUncloned = openWith(false);
