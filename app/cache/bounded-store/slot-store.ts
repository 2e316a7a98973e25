import type { EvictionPolicy } from './eviction-policy.ts';
import type { KeyKind } from './key-kinds.ts';
import { noSlot } from './slot-lists.ts';
import { createSlotTable } from './slot-table.ts';

/**
 * Slots for keys, bounded in bytes; the policy decides who has to go. What lies in a slot is its owner's business, who keeps it in
 * arrays of his own. All immediate: no promises, no clock.
 */
export type SlotStore<K> = {
  /** The slot of a key, or `noSlot`. Counts as a use. */
  use(key: K): number;
  /** The same, and no use. */
  slotOf(key: K): number;
  keyOf(slot: number): K;
  /**
   * A slot for a key that has none, after evicting others; `noSlot` where it is larger than the bound. `bytes` is a whole number above
   * 0. `settle` has to follow once something is in it.
   */
  add(key: K, bytes: number): number;
  /** What was added is complete. The policy may take it out again. */
  settle(slot: number): void;
  /** Something new, of that size, is in a slot: a use. May evict others, and takes it out where it is larger than the bound. */
  renew(slot: number, bytes: number): void;
  /** Not an eviction. */
  remove(slot: number): void;
  clear(): void;
  keys(): Iterable<K>;
  readonly size: number;
  readonly bytes: number;
};

export type SlotStoreOptions<K> = {
  readonly keyKind: KeyKind<K>;
  readonly bytesMax: number;
  /** A slot is free again. Not told of `clear`. */
  readonly onLeave: (slot: number, key: K, isEvicted: boolean) => void;
};

export function createSlotStore<K>(
  { lists, decide }: EvictionPolicy,
  { keyKind, bytesMax, onLeave }: SlotStoreOptions<K>,
): SlotStore<K> {
  const table = createSlotTable(lists, keyKind, (capacity) => policy.grown(capacity));
  const take = (slot: number, isEvicted: boolean): void => {
    const key = table.keyOf(slot);
    policy.leaves(slot);
    table.remove(slot);
    onLeave(slot, key, isEvicted);
  };
  const bury = (slot: number): void => {
    policy.leaves(slot);
    table.bury(slot);
    onLeave(slot, table.keyOf(slot), true);
  };
  const policy = decide({ table, keyKind, bytesMax, evict: (slot) => take(slot, true), bury });
  policy.grown(table.capacity);
  const { slotOf } = table;
  const { used } = policy;

  return {
    use(key) {
      const slot = slotOf(key);
      if (slot !== noSlot) used(slot);
      return slot;
    },
    slotOf,
    keyOf: table.keyOf,
    add: (key, bytes) => (bytes > bytesMax ? noSlot : table.add(key, bytes, policy.listFor(key, bytes))),
    settle: policy.added,
    renew(slot, bytes) {
      if (bytes > bytesMax) return take(slot, false);
      table.resize(slot, bytes);
      policy.used(slot);
      while (table.bytes > bytesMax) policy.evictOne();
    },
    remove: (slot) => take(slot, false),
    clear() {
      table.clear();
      policy.cleared();
    },
    keys: table.keys,
    get size() {
      return table.size;
    },
    get bytes() {
      return table.bytes;
    },
  };
}
