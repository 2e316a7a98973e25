import { LRUCache } from 'lru-cache';
import { indifferent } from '../bounded-store/eviction-policy.ts';
import type { BoundedStore, BoundedStoreOptions, EvictionPolicy } from '../bounded-store/eviction-policy.ts';

/** The service's: faster than slots where keys are texts. `number-keys.test.ts` holds the two to the same decisions. */
function createStore<V extends object>({ bytesMax, onEvict }: BoundedStoreOptions<V>): BoundedStore<V> {
  const cache = new LRUCache<string, V>({
    maxSize: bytesMax,
    dispose: (value, key, reason) => {
      if (reason === 'evict') onEvict(key, value);
    },
  });
  return {
    get: (key) => cache.get(key),
    peek: (key) => cache.peek(key),
    set(key, value, bytes) {
      // Given the value that it has, lru-cache would keep the size that it had.
      if (cache.peek(key) === value) cache.delete(key);
      cache.set(key, value, { size: bytes });
    },
    delete: (key) => cache.delete(key),
    clear: () => cache.clear(),
    keys: () => cache.keys(),
    get size() {
      return cache.size;
    },
    get bytes() {
      return cache.calculatedSize;
    },
  };
}

/**
 * **lru**: what was used longest ago goes first, by [lru-cache](https://github.com/isaacs/node-lru-cache). What everybody
 * knows and a good guess where the recent past is like the near future. A scan of things that are used once empties it.
 */
export const lru: EvictionPolicy = {
  name: 'lru',
  summary: 'what was used longest ago goes first',
  lists: 1,
  decide({ table, bytesMax, evict }) {
    const evictOne = () => evict(table.tailOf(0));
    return {
      ...indifferent,
      used: (slot) => table.move(slot, 0),
      evictOne,
      listFor(_, bytes) {
        while (table.bytes + bytes > bytesMax) evictOne();
        return 0;
      },
    };
  },
  createStore,
};
