import type { Clock } from '../../clock.ts';
import type { TierUsage } from '../cache.ts';
import type { Entry } from '../entry.ts';
import { entityNameOf } from '../keys.ts';
import { createEntryStore, tellEvicted } from './entry-store.ts';
import type { EntryStoreOptions, MemoryHit } from './entry-store.ts';
import type { Tier } from './tier.ts';
import { createTombstones } from './tombstones.ts';

/** The tier of one process. All its answers are immediate. */
export interface MemoryTier extends Tier {
  get(key: string, nowMs?: number): MemoryHit | undefined;
  set(key: string, entry: Entry): boolean;
  setFenced(key: string, entry: Entry, startedAtMs: number): boolean;
  delete(key: string): boolean;
  deleteFenced(key: string, version: number): boolean;
  /** Whether it is this entry that it has: it may have declined it. */
  holds(key: string, entry: Entry): boolean;
  /** Drops everything, and refuses fenced fills from reads that began before now. */
  flush(): void;
  /** Flushes, and stays empty until `resume`: for when nobody would say that an entry has become wrong. */
  suspend(): void;
  resume(): void;
  usage(): TierUsage;
}

export type MemoryTierOptions = EntryStoreOptions & { readonly clock: Clock };

/** Entries bounded in bytes. The service's clock says what is past its time. */
export function createMemoryTier(options: MemoryTierOptions): MemoryTier {
  const { clock, observe } = options;
  const entries = createEntryStore(options);
  const tombstones = createTombstones(clock);
  let isSuspended = false;

  const get = (key: string, nowMs = clock.now()): MemoryHit | undefined => {
    const hit = entries.get(key);
    if (hit === undefined || nowMs < hit.staleUntil) return hit;
    entries.delete(key);
    tellEvicted(observe, key, 'ttl');
    return undefined;
  };
  const set = (key: string, entry: Entry): boolean => {
    if (!isSuspended) entries.set(key, entry);
    return true;
  };
  const fenceOf = (key: string): number =>
    Math.max(entries.peek(key)?.entry.version ?? 0, tombstones.versionOf(key));
  const flush = (): void => {
    for (const [name, count] of countByEntity(entries.keys()))
      observe.happened({ type: 'evicted', name, tier: 'memory', reason: 'flush', count });
    entries.clear();
    tombstones.distrustEarlierReads();
  };

  return {
    get,
    getMany: (keys) => keys.map((key) => get(key)),
    set,
    setFenced(key, entry, startedAtMs) {
      if (tombstones.mayHaveMissed(startedAtMs) || entry.version < fenceOf(key)) {
        observe.happened({ type: 'fill-rejected', name: entityNameOf(key), tier: 'memory' });
        return false;
      }
      return set(key, entry);
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
    holds: (key, entry) => entries.peek(key)?.entry === entry,
    flush,
    suspend() {
      flush();
      isSuspended = true;
    },
    resume() {
      flush();
      isSuspended = false;
    },
    usage: () => ({ tier: 'memory', capacityBytes: options.memoryBytes, ...entries.usage() }),
    close: async () => entries.clear(),
  };
}

function countByEntity(keys: Iterable<string>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const key of keys) counts.set(entityNameOf(key), (counts.get(entityNameOf(key)) ?? 0) + 1);
  return counts;
}
