import type { CacheRead } from '../cache.ts';
import type { CacheObserver } from '../cache-events.ts';
import type { Candidate } from '../candidates/candidate.ts';
import type { Entry } from '../entry.ts';
import { createFrequencySketch } from '../bounded-store/frequency-sketch.ts';
import { evictionPolicies } from '../eviction/index.ts';
import { entityNameOf } from '../keys.ts';
import { freezeAndEstimateBytes } from './value-size.ts';

/** An entry with the answer that it gives while it is fresh, made once. `read` is undefined for a negative entry. */
export type MemoryHit = {
  readonly entry: Entry;
  /** The entry's, here for the many reads that need nothing else of it. */
  readonly freshUntil: number;
  readonly staleUntil: number;
  readonly tier: 'memory';
  readonly read: CacheRead<unknown> | undefined;
};

/** The entries of a memory tier, bounded; the eviction policy says who has to go. Negative entries have a bound of their own. */
export type EntryStore = {
  /** Counts as a use, or as a miss that may make a key hot. */
  get(key: string): MemoryHit | undefined;
  peek(key: string): MemoryHit | undefined;
  /** Keeps it, unless the key is new here and not hot enough. */
  set(key: string, entry: Entry): void;
  delete(key: string): void;
  clear(): void;
  keys(): Iterable<string>;
  usage(): { readonly entries: number; readonly bytes: number };
};

export type EntryStoreOptions = Pick<Candidate, 'memoryBytes' | 'eviction' | 'promotion'> & {
  readonly observe: CacheObserver;
};

/** Negative entries kept at once: a stream of invented ids must not push real entries out. */
const negativeEntriesMax = 10_000;
/** With `promotion=hot`: misses of a key, in recent memory, after which its entry is let in. */
const missesToBeHot = 2;
/** What an entry costs beside its key and value: the records around it and the slot that holds it. */
const entryBytes = 160;

export function createEntryStore({
  memoryBytes,
  eviction,
  promotion,
  observe,
}: EntryStoreOptions): EntryStore {
  const onEvict = (key: string) => tellEvicted(observe, key, 'size');
  const entries = evictionPolicies[eviction].create<MemoryHit>({ bytesMax: memoryBytes, onEvict });
  const negatives = evictionPolicies.fifo.create<MemoryHit>({ bytesMax: negativeEntriesMax, onEvict });
  const sketch = promotion === 'hot' ? createFrequencySketch() : null;
  const peek = (key: string) => entries.peek(key) ?? negatives.peek(key);
  return {
    get(key) {
      const hit = entries.get(key) ?? (negatives.size === 0 ? undefined : negatives.get(key));
      if (hit === undefined) sketch?.touch(key);
      return hit;
    },
    peek,
    set(key, entry) {
      if (sketch !== null && peek(key) === undefined && sketch.estimate(key) < missesToBeHot) return;
      const { value, version, freshUntil, staleUntil, isAbsent } = entry;
      if (isAbsent) {
        entries.delete(key);
        negatives.set(key, { entry, freshUntil, staleUntil, tier: 'memory', read: undefined }, 1);
        return;
      }
      negatives.delete(key);
      const bytes = entryBytes + key.length * 2 + freezeAndEstimateBytes(value);
      const read: CacheRead<unknown> = { value, version, outcome: 'memory-hit', freshUntil };
      entries.set(key, { entry, freshUntil, staleUntil, tier: 'memory', read }, bytes);
    },
    delete(key) {
      if (!entries.delete(key)) negatives.delete(key);
    },
    clear() {
      entries.clear();
      negatives.clear();
    },
    usage: () => ({ entries: entries.size + negatives.size, bytes: entries.bytes }),
    *keys() {
      yield* entries.keys();
      yield* negatives.keys();
    },
  };
}

export function tellEvicted(observe: CacheObserver, key: string, reason: 'size' | 'ttl'): void {
  observe.happened({ type: 'evicted', name: entityNameOf(key), tier: 'memory', reason, count: 1 });
}
