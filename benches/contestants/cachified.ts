import { cachified } from '@epic-web/cachified';
import type { Cache, CacheEntry } from '@epic-web/cachified';
import { Redis } from 'ioredis';
import { LRUCache } from 'lru-cache';
import type { Photo } from '../../app/photos/photo-store.ts';
import { ttlMs } from './contestant.ts';
import type { OpenCache } from './contestant.ts';

/** cachified brings no store; one tier, lru-cache or Redis with JSON. */
export const openCachified: OpenCache = ({ tiers, memoryEntries, redisUrl, keyPrefix, keyOf, load }) => {
  const redis = tiers === 'memory' ? null : new Redis(redisUrl, { keyPrefix });
  const cache: Cache<Photo> =
    redis === null
      ? (new LRUCache<string, CacheEntry<Photo>>({ max: memoryEntries }) as Cache<Photo>)
      : {
          get: async (key) => JSON.parse((await redis.get(key)) ?? 'null') as CacheEntry<Photo> | null,
          set: (key, entry) => redis.set(key, JSON.stringify(entry), 'PX', ttlMs),
          delete: (key) => redis.unlink(key),
        };
  return {
    read: (id) => cachified<Photo>({ key: keyOf(id), cache, ttl: ttlMs, getFreshValue: () => load(id) }),
    remove: async (id) => cache.delete(keyOf(id)),
    close: async () => redis?.disconnect(),
  };
};
