import type { BoundedStore, BoundedStoreOptions, EvictionPolicy } from './eviction-policy.ts';
import { textKeys } from './key-kinds.ts';
import { noSlot } from './slot-lists.ts';
import { createSlotStore } from './slot-store.ts';

/** The store of a policy: values in its slots. */
export function createBoundedStore<V extends object>(
  policy: EvictionPolicy,
  options: BoundedStoreOptions<V>,
): BoundedStore<V> {
  return policy.createStore?.(options) ?? createStoreOfSlots(policy, options);
}

function createStoreOfSlots<V extends object>(
  policy: EvictionPolicy,
  { bytesMax, onEvict }: BoundedStoreOptions<V>,
): BoundedStore<V> {
  let values: (V | undefined)[] = [];
  const slots = createSlotStore(policy, {
    keyKind: textKeys,
    bytesMax,
    onLeave(slot, key, isEvicted) {
      const value = values[slot] as V;
      values[slot] = undefined;
      if (isEvicted) onEvict(key, value);
    },
  });
  return {
    get(key) {
      const slot = slots.use(key);
      return slot === noSlot ? undefined : values[slot];
    },
    peek(key) {
      const slot = slots.slotOf(key);
      return slot === noSlot ? undefined : values[slot];
    },
    set(key, value, bytes) {
      const held = slots.slotOf(key);
      const slot = held === noSlot ? slots.add(key, bytes) : held;
      if (slot === noSlot) return;
      values[slot] = value;
      if (held === noSlot) slots.settle(slot);
      else slots.renew(slot, bytes);
    },
    delete(key) {
      const slot = slots.slotOf(key);
      if (slot === noSlot) return false;
      slots.remove(slot);
      return true;
    },
    clear() {
      slots.clear();
      values = [];
    },
    keys: slots.keys,
    get size() {
      return slots.size;
    },
    get bytes() {
      return slots.bytes;
    },
  };
}
