/** No slot: the end of a list, or a key that is not there. */
export const noSlot = -1;

/** Doubly linked lists of slots over shared arrays, newest at the head, with their bytes. A slot is in one list at a time. */
export type SlotLists = {
  /** Adds a slot that is in no list at the head of one. */
  link(slot: number, list: number, bytes: number): void;
  unlink(slot: number): void;
  /** To the head of a list, from whichever it is in. */
  move(slot: number, list: number): void;
  resize(slot: number, bytes: number): void;
  listOf(slot: number): number;
  /** The oldest of a list; `noSlot` when it is empty. */
  tailOf(list: number): number;
  /** The next newer slot of the same list; `noSlot` at its head. */
  newerThan(slot: number): number;
  countIn(list: number): number;
  bytesIn(list: number): number;
  bytesInAll(): number;
  grow(capacity: number): void;
  clear(): void;
};

export function createSlotLists(lists: number, firstCapacity: number): SlotLists {
  let older = new Int32Array(firstCapacity);
  let newer = new Int32Array(firstCapacity);
  let listOfSlot = new Uint8Array(firstCapacity);
  let sizes = new Float64Array(firstCapacity);
  const heads = new Int32Array(lists).fill(noSlot);
  const tails = new Int32Array(lists).fill(noSlot);
  const counts = new Int32Array(lists);
  const bytesOfList = new Float64Array(lists);
  let bytesInAll = 0;

  const count = (list: number, entries: number, bytes: number): void => {
    counts[list] = (counts[list] as number) + entries;
    bytesOfList[list] = (bytesOfList[list] as number) + bytes;
    bytesInAll += bytes;
  };
  const link = (slot: number, list: number, bytes: number): void => {
    const head = heads[list] as number;
    older[slot] = head;
    newer[slot] = noSlot;
    if (head === noSlot) tails[list] = slot;
    else newer[head] = slot;
    heads[list] = slot;
    listOfSlot[slot] = list;
    sizes[slot] = bytes;
    count(list, 1, bytes);
  };
  const unlink = (slot: number): void => {
    const list = listOfSlot[slot] as number;
    const before = newer[slot] as number;
    const behind = older[slot] as number;
    if (before === noSlot) heads[list] = behind;
    else older[before] = behind;
    if (behind === noSlot) tails[list] = before;
    else newer[behind] = before;
    count(list, -1, -(sizes[slot] as number));
  };
  return {
    link,
    unlink,
    move(slot, list) {
      unlink(slot);
      link(slot, list, sizes[slot] as number);
    },
    resize(slot, bytes) {
      count(listOfSlot[slot] as number, 0, bytes - (sizes[slot] as number));
      sizes[slot] = bytes;
    },
    listOf: (slot) => listOfSlot[slot] as number,
    tailOf: (list) => tails[list] as number,
    newerThan: (slot) => newer[slot] as number,
    countIn: (list) => counts[list] as number,
    bytesIn: (list) => bytesOfList[list] as number,
    bytesInAll: () => bytesInAll,
    grow(capacity) {
      older = widened(older, new Int32Array(capacity));
      newer = widened(newer, new Int32Array(capacity));
      listOfSlot = widened(listOfSlot, new Uint8Array(capacity));
      sizes = widened(sizes, new Float64Array(capacity));
    },
    clear() {
      for (const ends of [heads, tails]) ends.fill(noSlot);
      counts.fill(0);
      bytesOfList.fill(0);
      bytesInAll = 0;
    },
  };
}

/** The same numbers in a longer array. */
export function widened<A extends Float64Array | Int32Array | Uint8Array>(from: A, to: A): A {
  to.set(from);
  return to;
}
