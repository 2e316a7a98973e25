import type { CacheRead } from '../../cache.ts';
import type { Entry } from '../../entry.ts';
import { createBoundedStore } from '../../bounded-store/bounded-store.ts';
import { createFrequencySketch } from '../../bounded-store/frequency-sketch.ts';
import { textKeys } from '../../bounded-store/key-kinds.ts';
import { evictionPolicies } from '../../eviction/index.ts';
import { freezeAndEstimateBytes } from '../../value-size.ts';
import type { LocalHit, LocalTierParts } from '../tier.ts';
import { entryBytesOf, missesToBeHot, negativeEntriesMax } from './entry-rules.ts';

/** The entries of a memory tier, bounded; the eviction policy says who has to go. Negative entries have a bound of their own. */
export type EntryStore = {
  /** Counts as a use, or as a miss that may make a key hot. */
  get(key: string): LocalHit | undefined;
  peek(key: string): LocalHit | undefined;
  /** Keeps it, unless the key is new here and not hot enough. */
  set(key: string, entry: Entry): void;
  delete(key: string): void;
  clear(): void;
  keys(): Iterable<string>;
  usage(): { readonly entries: number; readonly bytes: number };
};

/** `onEvict` is told of a key that had to go for room. */
export function createEntryStore(
  { memoryBytes, eviction, promotion }: LocalTierParts['settings'],
  onEvict: (key: string) => void,
): EntryStore {
  const entries = createBoundedStore<LocalHit>(evictionPolicies[eviction], {
    bytesMax: memoryBytes,
    onEvict,
  });
  const negatives = createBoundedStore<LocalHit>(evictionPolicies.fifo, {
    bytesMax: negativeEntriesMax,
    onEvict,
  });
  const sketch = promotion === 'hot' ? createFrequencySketch(textKeys.hash) : null;
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
        negatives.set(key, { entry, freshUntil, staleUntil, read: undefined }, 1);
        return;
      }
      negatives.delete(key);
      const bytes = entryBytesOf(key.length, freezeAndEstimateBytes(value));
      const read: CacheRead<unknown> = { value, version, outcome: 'local-hit', freshUntil };
      entries.set(key, { entry, freshUntil, staleUntil, read }, bytes);
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
