import { BentoCache, bentostore } from 'bentocache';
import { memoryDriver } from 'bentocache/drivers/memory';
import { redisBusDriver, redisDriver } from 'bentocache/drivers/redis';
import { Redis } from 'ioredis';
import type { Photo } from '../../../app/photos/photo-store.ts';
import { ttlMs } from '../contestant.ts';
import type { OpenCache } from '../contestant.ts';

/** bentocache with its own serializer; with two tiers, its bus between the replicas. */
export const openBentocache: OpenCache = ({ tiers, memoryEntries, redisUrl, keyPrefix, keyOf, load }) => {
  const connection = tiers === 'memory' ? null : new Redis(redisUrl);
  const { hostname: host, port, password } = new URL(redisUrl);
  let store = bentostore();
  if (tiers !== 'redis') store = store.useL1Layer(memoryDriver({ maxItems: memoryEntries }));
  if (connection !== null) store = store.useL2Layer(redisDriver({ connection }));
  if (tiers === 'memory+redis')
    store = store.useBus(redisBusDriver({ connection: { host, port: Number(port), password } }));
  const cache = new BentoCache({
    default: 'photos',
    prefix: keyPrefix,
    ttl: ttlMs,
    stores: { photos: store },
  });
  return {
    read: (id) => cache.getOrSet<Photo>({ key: keyOf(id), factory: () => load(id) }),
    get: (id) => cache.get<Photo>({ key: keyOf(id) }),
    remove: (id) => cache.delete({ key: keyOf(id) }),
    close: () => cache.disconnectAll(),
  };
};
