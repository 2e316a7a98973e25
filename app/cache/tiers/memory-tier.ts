import { LRUCache } from 'lru-cache';
import type { Clock } from '../../clock.ts';
import type { CacheObserver } from '../cache-events.ts';
import type { Entry } from '../entry.ts';
import { entityNameOf } from '../keys.ts';
import type { Tier, TierHit } from './tier.ts';
import { createTombstones } from './tombstones.ts';
import { sealAndMeasure } from './value-size.ts';

/** The tier of one process. All its answers are immediate. */
export interface MemoryTier extends Tier {
  get(key: string): TierHit | undefined;
  set(key: string, entry: Entry): void;
  setFenced(key: string, entry: Entry, startedAtMs: number): boolean;
  delete(key: string): boolean;
  deleteFenced(key: string, version: number): boolean;
  /** Drops everything, and refuses fenced fills from reads that began before now. */
  flush(): void;
  /** Flushes, and stays empty until `resume`: for when nobody would say that an entry has become wrong. */
  suspend(): void;
  resume(): void;
}

export type MemoryTierOptions = {
  readonly bytesMax: number;
  readonly clock: Clock;
  readonly observe: CacheObserver;
};

/** Entries in a least-recently-used cache bounded in bytes; freshness is judged on the service's clock, not by the cache. */
export function createMemoryTier({ bytesMax, clock, observe }: MemoryTierOptions): MemoryTier {
  const evicted = (key: string, reason: 'size' | 'ttl') =>
    observe({ type: 'evicted', name: entityNameOf(key), tier: 'memory', reason, count: 1 });
  const entries = new LRUCache<string, TierHit>({
    maxSize: bytesMax,
    sizeCalculation: ({ entry }, key) => 64 + key.length * 2 + sealAndMeasure(entry.value),
    dispose: (_, key, reason) => reason === 'evict' && evicted(key, 'size'),
  });
  const tombstones = createTombstones(clock);
  let isSuspended = false;

  const get = (key: string): TierHit | undefined => {
    const hit = entries.get(key);
    if (hit === undefined || clock.now() < hit.entry.freshUntil) return hit;
    entries.delete(key);
    evicted(key, 'ttl');
    return undefined;
  };
  const set = (key: string, entry: Entry): void => {
    if (!isSuspended) entries.set(key, { entry, tier: 'memory' });
  };
  const fenceOf = (key: string): number =>
    Math.max(entries.peek(key)?.entry.version ?? 0, tombstones.versionOf(key));
  const flush = (): void => {
    for (const [name, count] of countByEntity(entries.keys())) {
      observe({ type: 'evicted', name, tier: 'memory', reason: 'flush', count });
    }
    entries.clear();
    tombstones.distrustEarlierReads();
  };

  return {
    get,
    getMany: (keys) => keys.map(get),
    set,
    setFenced(key, entry, startedAtMs) {
      if (tombstones.mayHaveMissed(startedAtMs) || entry.version < fenceOf(key)) {
        observe({ type: 'fill-rejected', name: entityNameOf(key), tier: 'memory' });
        return false;
      }
      set(key, entry);
      return true;
    },
    delete(key) {
      entries.delete(key);
      return true;
    },
    deleteFenced(key, version) {
      if ((entries.peek(key)?.entry.version ?? -1) < version) entries.delete(key);
      tombstones.bury(key, version);
      return true;
    },
    flush,
    suspend() {
      flush();
      isSuspended = true;
    },
    resume() {
      flush();
      isSuspended = false;
    },
    close: async () => entries.clear(),
  };
}

function countByEntity(keys: Iterable<string>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const key of keys) counts.set(entityNameOf(key), (counts.get(entityNameOf(key)) ?? 0) + 1);
  return counts;
}
