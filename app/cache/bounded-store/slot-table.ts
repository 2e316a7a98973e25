import type { KeyKind } from './key-kinds.ts';
import { createSlotLists, noSlot } from './slot-lists.ts';
import type { SlotLists } from './slot-lists.ts';

const firstCapacity = 64;

/**
 * Keys in numbered slots: a key leads to its slot, and everything else about an entry lies in arrays by slot, so that a hit
 * allocates nothing. Each slot is in one of a few lists. Grows by doubling, since a bound in bytes does not say how many
 * entries there will be; a freed slot is used again.
 *
 * A ghost is a key whose entry is gone: it keeps its slot, weighs nothing, and is in a list that is of ghosts alone.
 */
export type SlotTable<K> = Pick<
  SlotLists,
  'listOf' | 'sizeOf' | 'tailOf' | 'newerThan' | 'markOf' | 'mark' | 'countIn' | 'bytesIn' | 'move' | 'resize'
> & {
  /** `noSlot` when the key has no entry. */
  slotOf(key: K): number;
  /** `noSlot` when the key is no ghost. */
  ghostOf(key: K): number;
  oldestGhost(): number;
  keyOf(slot: number): K;
  /** Those of entries. */
  keys(): Iterable<K>;
  /** Puts a key that has no slot at the head of a list. */
  add(key: K, bytes: number, list: number): number;
  /** Of an entry, or of a ghost. */
  remove(slot: number): void;
  /** Makes a ghost of an entry. */
  bury(slot: number): void;
  clear(): void;
  readonly size: number;
  readonly ghosts: number;
  readonly bytes: number;
  readonly capacity: number;
};

/** What an index holds for a ghost, by its slot, and the other way round: a number below `noSlot`. */
const mirrored = (slot: number): number => noSlot - 1 - slot;

const entryIn = (slot: number): number => (slot > noSlot ? slot : noSlot);
const ghostIn = (slot: number): number => (slot < noSlot ? mirrored(slot) : noSlot);

/** `onGrow` is told when the capacity grows: whoever keeps arrays by slot makes them longer. */
export function createSlotTable<K>(
  lists: number,
  { createIndex, nothing }: KeyKind<K>,
  onGrow: (capacity: number) => void,
): SlotTable<K> {
  const ghostList = lists;
  const slots = createIndex();
  const links = createSlotLists(lists + 1, firstCapacity);
  let keyOfSlot: K[] = [];
  let capacity = firstCapacity;
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
    slotOf: (key) => entryIn(slots.get(key) ?? noSlot),
    ghostOf: (key) => ghostIn(slots.get(key) ?? noSlot),
    oldestGhost: () => links.tailOf(ghostList),
    keyOf: (slot) => keyOfSlot[slot] as K,
    *keys() {
      for (const [key, slot] of slots) if (slot > noSlot) yield key;
    },
    add(key, bytes, list) {
      const slot = take();
      slots.set(key, slot);
      keyOfSlot[slot] = key;
      links.link(slot, list, bytes);
      return slot;
    },
    remove(slot) {
      links.unlink(slot);
      slots.delete(keyOfSlot[slot] as K);
      keyOfSlot[slot] = nothing;
      free.push(slot);
    },
    bury(slot) {
      links.unlink(slot);
      links.link(slot, ghostList, 0);
      slots.set(keyOfSlot[slot] as K, mirrored(slot));
    },
    clear() {
      slots.clear();
      keyOfSlot = [];
      links.clear();
      free = [];
      used = 0;
    },
    get size() {
      return used - free.length - links.countIn(ghostList);
    },
    get ghosts() {
      return links.countIn(ghostList);
    },
    get bytes() {
      return links.bytesInAll();
    },
    get capacity() {
      return capacity;
    },
  };
}
