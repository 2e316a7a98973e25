import { createSlotLists, noSlot } from './slot-lists.ts';
import type { SlotLists } from './slot-lists.ts';

const firstCapacity = 64;

/**
 * Entries in numbered slots: a key leads to its slot, and everything else about an entry lies in arrays by slot, so that a hit
 * allocates nothing. Each slot is in one of a few lists. Grows by doubling, since a bound in bytes does not say how many
 * entries there will be; a freed slot is used again.
 */
export type SlotTable<V> = Pick<
  SlotLists,
  'listOf' | 'tailOf' | 'newerThan' | 'countIn' | 'bytesIn' | 'move'
> & {
  /** `noSlot` when the key is not there. */
  slotOf(key: string): number;
  keyOf(slot: number): string;
  valueOf(slot: number): V;
  /** Puts a new key at the head of a list. */
  add(key: string, value: V, bytes: number, list: number): number;
  replace(slot: number, value: V, bytes: number): void;
  remove(slot: number): void;
  clear(): void;
  keys(): Iterable<string>;
  readonly size: number;
  readonly bytes: number;
  readonly capacity: number;
};

/** `onGrow` is told when the capacity grows: whoever keeps arrays by slot makes them longer. */
export function createSlotTable<V>(lists: number, onGrow: (capacity: number) => void): SlotTable<V> {
  const slots = new Map<string, number>();
  const links = createSlotLists(lists, firstCapacity);
  let capacity = firstCapacity;
  let keys = new Array<string>(capacity);
  let values = new Array<V | undefined>(capacity);
  let free: number[] = [];
  let used = 0;

  const take = (): number => {
    if (free.length === 0 && used === capacity) {
      capacity *= 2;
      links.grow(capacity);
      onGrow(capacity);
    }
    return free.pop() ?? used++;
  };
  return {
    ...links,
    slotOf: (key) => slots.get(key) ?? noSlot,
    keyOf: (slot) => keys[slot] as string,
    valueOf: (slot) => values[slot] as V,
    add(key, value, bytes, list) {
      const slot = take();
      slots.set(key, slot);
      keys[slot] = key;
      values[slot] = value;
      links.link(slot, list, bytes);
      return slot;
    },
    replace(slot, value, bytes) {
      links.resize(slot, bytes);
      values[slot] = value;
    },
    remove(slot) {
      links.unlink(slot);
      slots.delete(keys[slot] as string);
      keys[slot] = '';
      values[slot] = undefined;
      free.push(slot);
    },
    clear() {
      slots.clear();
      links.clear();
      keys = [];
      values = [];
      free = [];
      used = 0;
    },
    keys: () => slots.keys(),
    get size() {
      return slots.size;
    },
    get bytes() {
      return links.bytesInAll();
    },
    get capacity() {
      return capacity;
    },
  };
}
