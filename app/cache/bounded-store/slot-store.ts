import type { BoundedStore, BoundedStoreOptions } from './eviction-policy.ts';
import { noSlot } from './slot-lists.ts';
import { createSlotTable } from './slot-table.ts';
import type { SlotTable } from './slot-table.ts';

/** What differs between policies whose entries lie in a slot table. */
export type SlotPolicy = {
  /** The table has that many slots now. Told once at first. */
  grown(capacity: number): void;
  /** A hit, or a new value for a key that is there. */
  used(slot: number): void;
  /** The list for a new key, after evicting until `bytes` more fit. */
  listFor(key: string, bytes: number): number;
  /** The new key is in its slot. May evict it again. */
  added(slot: number): void;
  /** Evicts one entry. Only asked while there is one. */
  evictOne(): void;
  /** A slot is about to leave, for whatever reason. */
  leaves(slot: number): void;
  cleared(): void;
};

/** What a policy is made of. */
export type SlotPolicyParts<V> = {
  readonly table: SlotTable<V>;
  readonly bytesMax: number;
  /** Takes a slot out of the table, as an eviction. */
  readonly evict: (slot: number) => void;
};

/** For policies that need not be told everything. */
export const indifferent: SlotPolicy = {
  grown: () => {},
  used: () => {},
  listFor: () => 0,
  added: () => {},
  evictOne: () => {},
  leaves: () => {},
  cleared: () => {},
};

/** A bounded store over a slot table with that many lists, and a policy's decisions. */
export function createSlotStore<V>(
  { bytesMax, onEvict }: BoundedStoreOptions<V>,
  lists: number,
  makePolicy: (parts: SlotPolicyParts<V>) => SlotPolicy,
): BoundedStore<V> {
  const table = createSlotTable<V>(lists, (capacity) => policy.grown(capacity));
  const remove = (slot: number): void => {
    policy.leaves(slot);
    table.remove(slot);
  };
  const evict = (slot: number): void => {
    const key = table.keyOf(slot);
    const value = table.valueOf(slot);
    remove(slot);
    onEvict(key, value);
  };
  const policy = makePolicy({ table, bytesMax, evict });
  policy.grown(table.capacity);

  return {
    get(key) {
      const slot = table.slotOf(key);
      if (slot === noSlot) return undefined;
      policy.used(slot);
      return table.valueOf(slot);
    },
    peek(key) {
      const slot = table.slotOf(key);
      return slot === noSlot ? undefined : table.valueOf(slot);
    },
    set(key, value, bytes) {
      const slot = table.slotOf(key);
      if (bytes > bytesMax) {
        if (slot !== noSlot) remove(slot);
        return;
      }
      if (slot === noSlot) {
        policy.added(table.add(key, value, bytes, policy.listFor(key, bytes)));
        return;
      }
      table.replace(slot, value, bytes);
      policy.used(slot);
      while (table.bytes > bytesMax) policy.evictOne();
    },
    delete(key) {
      const slot = table.slotOf(key);
      if (slot === noSlot) return false;
      remove(slot);
      return true;
    },
    clear() {
      table.clear();
      policy.cleared();
    },
    keys: () => table.keys(),
    get size() {
      return table.size;
    },
    get bytes() {
      return table.bytes;
    },
  };
}
