import { LRUCache } from 'lru-cache';
import { SieveCache } from '@neophi/sieve-cache';
import { createBoundedStore } from '../../app/cache/bounded-store/bounded-store.ts';
import type { EvictionPolicy } from '../../app/cache/bounded-store/eviction-policy.ts';
import { evictionPolicies } from '../../app/cache/eviction/index.ts';

/** What every entry of the bench weighs. */
const entryBytes = 1_000;

/** A bounded store of objects, as far as reading and filling go. */
export type PlainStore = { get(key: string): object | undefined; set(key: string, value: object): unknown };
export type CreateStore = (entries: number) => PlainStore;

const ofPolicy =
  (policy: EvictionPolicy): CreateStore =>
  (entries) => {
    const store = createBoundedStore<object>(policy, { bytesMax: entries * entryBytes, onEvict: () => {} });
    return { get: store.get, set: (key, value) => store.set(key, value, entryBytes) };
  };

/** Every policy of Darkroom's memory tier, bounded in bytes, and what others offer, by label. */
export const boundedStores: Readonly<Record<string, CreateStore>> = {
  'lru-cache, bounded in entries': (max) => new LRUCache<string, object>({ max }),
  'lru-cache, bounded in bytes': (entries) =>
    new LRUCache<string, object>({ maxSize: entries * entryBytes, sizeCalculation: () => entryBytes }),
  'sieve-cache, bounded in entries': (entries) => new SieveCache<string, object>(entries),
  'Map, unbounded': () => new Map<string, object>(),
  ...Object.fromEntries(
    Object.entries(evictionPolicies).map(([name, policy]) => [`Darkroom ${name}`, ofPolicy(policy)]),
  ),
};
