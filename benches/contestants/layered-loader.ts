import { Redis } from 'ioredis';
import { Loader, RedisCache, createNotificationPair } from 'layered-loader';
import type { Photo } from '../../app/photos/photo-store.ts';
import { ttlMs } from './contestant.ts';
import type { OpenCache } from './contestant.ts';

const idOf = (key: string): number => Number(key.slice(key.indexOf(':') + 1));

/** layered-loader: `get` loads, `getInMemoryOnly` answers without a promise. Replicas tell each other by pub/sub. */
export const openLayeredLoader: OpenCache = async ({
  tiers,
  memoryEntries,
  redisUrl,
  keyPrefix,
  keyOf,
  load,
}) => {
  const connect = () => new Redis(redisUrl);
  const redis = tiers === 'memory' ? null : connect();
  const pair =
    tiers === 'memory+redis'
      ? createNotificationPair<Photo>({
          channel: `${keyPrefix}layered-loader`,
          publisherRedis: connect(),
          consumerRedis: connect(),
        })
      : null;
  const loader = new Loader<Photo>({
    inMemoryCache:
      tiers === 'redis' ? false : { ttlInMsecs: ttlMs, maxItems: memoryEntries, cacheType: 'lru-object' },
    ...(redis === null
      ? {}
      : { asyncCache: new RedisCache<Photo>(redis, { json: true, prefix: keyPrefix, ttlInMsecs: ttlMs }) }),
    ...(pair === null ? {} : { notificationConsumer: pair.consumer, notificationPublisher: pair.publisher }),
    logger: { error: () => {} },
    dataSourceGetOneFn: (key) => load(idOf(key)),
  });
  await loader.init();
  return {
    read: async (id) => (await loader.get(keyOf(id))) ?? undefined,
    get: (id) => loader.getInMemoryOnly(keyOf(id)),
    remove: (id) => loader.invalidateCacheFor(keyOf(id)),
    close: () => loader.close(),
  };
};
