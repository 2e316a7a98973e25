import { Redis } from 'ioredis';
import { createClient } from 'redis';
import type { Photo } from '../../app/photos/photo-store.ts';
import { ttlMs } from './contestant.ts';
import type { CacheSetting, OpenCache, OpenedCache } from './contestant.ts';

type Commands = {
  get(key: string): Promise<string | null>;
  mget(...keys: string[]): Promise<(string | null)[]>;
  set(key: string, text: string, unit: 'PX', life: number): Promise<unknown>;
  disconnect(): void;
};

const parse = (text: string | null): Photo | undefined =>
  text === null ? undefined : (JSON.parse(text) as Photo);

/** A client by hand: GET and JSON.parse, and SET to fill. */
export function openRawRedis({ keyPrefix, keyOf, load }: CacheSetting, redis: Commands): OpenedCache {
  return {
    read: async (id) => {
      const photo = await load(id);
      await redis.set(keyPrefix + keyOf(id), JSON.stringify(photo), 'PX', ttlMs);
      return photo;
    },
    get: async (id) => parse(await redis.get(keyPrefix + keyOf(id))),
    readMany: async (ids) => (await redis.mget(...ids.map((id) => keyPrefix + keyOf(id)))).map(parse),
    close: async () => redis.disconnect(),
  };
}

export const openIoredis: OpenCache = (setting) => openRawRedis(setting, new Redis(setting.redisUrl));
export const openIoredisPipelining: OpenCache = (setting) =>
  openRawRedis(setting, new Redis(setting.redisUrl, { enableAutoPipelining: true }));

/** node-redis, and with `entries` its client-side cache, which keeps the text and is parsed at each read. */
const openNodeRedisWith =
  (hasCache: boolean): OpenCache =>
  async (setting) => {
    const clientSideCache = { ttl: 0, maxEntries: setting.memoryEntries, evictPolicy: 'LRU' } as const;
    const client = createClient({ url: setting.redisUrl, RESP: 3, ...(hasCache ? { clientSideCache } : {}) });
    client.on('error', () => {});
    await client.connect();
    return openRawRedis(setting, {
      get: (key) => client.get(key),
      mget: (...keys) => client.mGet(keys),
      set: (key, text, _, life) => client.set(key, text, { expiration: { type: 'PX', value: life } }),
      disconnect: () => client.destroy(),
    });
  };

export const openNodeRedis = openNodeRedisWith(false);
export const openNodeRedisCached = openNodeRedisWith(true);
