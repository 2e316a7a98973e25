/** No slot: the end of a list, or a key that is not there. */
export const noSlot = -1;

const firstCapacity = 64;

/**
 * Entries in numbered slots: a key leads to its slot, and everything else about an entry lies in arrays by slot, so that a hit
 * allocates nothing. Each slot is in one of a few doubly linked lists, newest at the head. Grows by doubling, since a bound in
 * bytes does not say how many entries there will be; a freed slot is used again.
 */
export type SlotTable<V> = {
  /** `noSlot` when the key is not there. */
  slotOf(key: string): number;
  keyOf(slot: number): string;
  valueOf(slot: number): V;
  bytesOf(slot: number): number;
  /** Puts a new key at the head of a list. */
  add(key: string, value: V, bytes: number, list: number): number;
  replace(slot: number, value: V, bytes: number): void;
  remove(slot: number): void;
  /** To the head of a list, from whichever it is in. */
  move(slot: number, list: number): void;
  listOf(slot: number): number;
  /** The oldest of a list; `noSlot` when it is empty. */
  tailOf(list: number): number;
  /** The next newer slot of the same list; `noSlot` at its head. */
  newerThan(slot: number): number;
  bytesIn(list: number): number;
  countIn(list: number): number;
  clear(): void;
  keys(): Iterable<string>;
  readonly size: number;
  readonly bytes: number;
  readonly capacity: number;
};

/** `onGrow` is told when the capacity grows: whoever keeps arrays by slot makes them longer. */
export function createSlotTable<V>(lists: number, onGrow: (capacity: number) => void): SlotTable<V> {
  const slots = new Map<string, number>();
  let capacity = firstCapacity;
  let keys = new Array<string>(capacity);
  let values = new Array<V | undefined>(capacity);
  let sizes = new Float64Array(capacity);
  let older = new Int32Array(capacity);
  let newer = new Int32Array(capacity);
  let listOfSlot = new Uint8Array(capacity);
  let free: number[] = [];
  let used = 0;
  const heads = new Int32Array(lists).fill(noSlot);
  const tails = new Int32Array(lists).fill(noSlot);
  const listBytes = new Float64Array(lists);
  const listCounts = new Int32Array(lists);
  let bytesInAll = 0;

  const grow = (): void => {
    capacity *= 2;
    keys.length = capacity;
    values.length = capacity;
    sizes = widened(sizes, new Float64Array(capacity));
    older = widened(older, new Int32Array(capacity));
    newer = widened(newer, new Int32Array(capacity));
    listOfSlot = widened(listOfSlot, new Uint8Array(capacity));
    onGrow(capacity);
  };
  const link = (slot: number, list: number): void => {
    const head = heads[list] as number;
    older[slot] = head;
    newer[slot] = noSlot;
    if (head === noSlot) tails[list] = slot;
    else newer[head] = slot;
    heads[list] = slot;
    listOfSlot[slot] = list;
    listBytes[list] = (listBytes[list] as number) + (sizes[slot] as number);
    listCounts[list] = (listCounts[list] as number) + 1;
  };
  const unlink = (slot: number): void => {
    const list = listOfSlot[slot] as number;
    const before = newer[slot] as number;
    const after = older[slot] as number;
    if (before === noSlot) heads[list] = after;
    else older[before] = after;
    if (after === noSlot) tails[list] = before;
    else newer[after] = before;
    listBytes[list] = (listBytes[list] as number) - (sizes[slot] as number);
    listCounts[list] = (listCounts[list] as number) - 1;
  };

  return {
    slotOf: (key) => slots.get(key) ?? noSlot,
    keyOf: (slot) => keys[slot] as string,
    valueOf: (slot) => values[slot] as V,
    bytesOf: (slot) => sizes[slot] as number,
    add(key, value, bytes, list) {
      if (free.length === 0 && used === capacity) grow();
      const slot = free.pop() ?? used++;
      slots.set(key, slot);
      keys[slot] = key;
      values[slot] = value;
      sizes[slot] = bytes;
      bytesInAll += bytes;
      link(slot, list);
      return slot;
    },
    replace(slot, value, bytes) {
      const list = listOfSlot[slot] as number;
      listBytes[list] = (listBytes[list] as number) + bytes - (sizes[slot] as number);
      bytesInAll += bytes - (sizes[slot] as number);
      values[slot] = value;
      sizes[slot] = bytes;
    },
    remove(slot) {
      unlink(slot);
      bytesInAll -= sizes[slot] as number;
      slots.delete(keys[slot] as string);
      keys[slot] = '';
      values[slot] = undefined;
      free.push(slot);
    },
    move(slot, list) {
      unlink(slot);
      link(slot, list);
    },
    listOf: (slot) => listOfSlot[slot] as number,
    tailOf: (list) => tails[list] as number,
    newerThan: (slot) => newer[slot] as number,
    bytesIn: (list) => listBytes[list] as number,
    countIn: (list) => listCounts[list] as number,
    clear() {
      slots.clear();
      keys = new Array<string>(capacity);
      values = new Array<V | undefined>(capacity);
      free = [];
      used = 0;
      heads.fill(noSlot);
      tails.fill(noSlot);
      listBytes.fill(0);
      listCounts.fill(0);
      bytesInAll = 0;
    },
    keys: () => slots.keys(),
    get size() {
      return slots.size;
    },
    get bytes() {
      return bytesInAll;
    },
    get capacity() {
      return capacity;
    },
  };
}

/** The same numbers in a longer array. */
export function widened<A extends Float64Array | Int32Array | Uint8Array>(from: A, to: A): A {
  to.set(from);
  return to;
}
