import { LRUCache } from 'lru-cache';
import { SieveCache } from '@neophi/sieve-cache';
import type { Photo } from '../../app/photos/photo-store.ts';
import { ttlMs } from './contestant.ts';
import type { OpenCache } from './contestant.ts';

type Store = { get(key: string): Photo | undefined; set(key: string, photo: Photo): unknown };

/** Stores that load nothing by themselves, filled by hand: the floor below every cache. */
const openStore =
  (create: (entries: number) => Store, isKeyMade = false): OpenCache =>
  ({ keyOf, load, memoryEntries }) => {
    const store = create(memoryEntries);
    return {
      read: async (id) => {
        const photo = await load(id);
        store.set(keyOf(id), photo);
        return photo;
      },
      get: isKeyMade ? (id) => store.get(`photo:${id}`) : (id) => store.get(keyOf(id)),
      close: async () => {},
    };
  };

export const openMap = openStore(() => new Map<string, Photo>());
export const openLruCache = openStore((max) => new LRUCache<string, Photo>({ max }));
export const openLruCacheWithKeys = openStore((max) => new LRUCache<string, Photo>({ max }), true);
export const openLruCacheWithTtl = openStore((max) => new LRUCache<string, Photo>({ max, ttl: ttlMs }));
export const openSieveCache = openStore((max) => new SieveCache<string, Photo>(max));

/** lru-cache's own read-through. */
export const openLruCacheFetch: OpenCache = ({ keyOf, load, memoryEntries: max }) => {
  const idOf = (key: string): number => Number(key.slice(key.indexOf(':') + 1));
  const cache = new LRUCache<string, Photo>({ max, ttl: ttlMs, fetchMethod: (key) => load(idOf(key)) });
  return { read: (id) => cache.fetch(keyOf(id)), close: async () => {} };
};
