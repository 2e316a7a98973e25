import { createCache } from 'async-cache-dedupe';
import { Redis } from 'ioredis';
import type { Photo } from '../../app/photos/photo-store.ts';
import { ttlMs } from './contestant.ts';
import type { OpenCache } from './contestant.ts';

/** async-cache-dedupe: one storage at a time, memory or Redis, so two tiers are Redis alone. */
export const openAsyncCacheDedupe: OpenCache = ({ tiers, memoryEntries, redisUrl, load }) => {
  const client = tiers === 'memory' ? null : new Redis(redisUrl);
  const cache = createCache({
    ttl: ttlMs / 1000,
    storage:
      client === null
        ? { type: 'memory', options: { size: memoryEntries } }
        : // Its types name the class of ioredis 5; it calls no method that 6 has changed.
          { type: 'redis', options: { client: client as never } },
  }).define('photo', (id: number): Promise<Photo> => load(id));
  return {
    read: (id) => cache.photo(id),
    remove: (id) => cache.clear('photo', id),
    close: async () => client?.disconnect(),
  };
};
