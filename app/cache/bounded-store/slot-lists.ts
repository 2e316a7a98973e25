/** No slot: the end of a list, or a key that is not there. */
export const noSlot = -1;

/** Doubly linked lists of slots over shared arrays, newest at the head, with their bytes. A slot is in one list at a time. */
export type SlotLists = {
  /** Adds a slot that is in no list at the head of one. Its mark is 0 then. */
  link(slot: number, list: number, bytes: number): void;
  unlink(slot: number): void;
  /** To the head of a list, from whichever it is in. */
  move(slot: number, list: number): void;
  resize(slot: number, bytes: number): void;
  listOf(slot: number): number;
  sizeOf(slot: number): number;
  /** The oldest of a list; `noSlot` when it is empty. */
  tailOf(list: number): number;
  /** The next newer slot of the same list; `noSlot` at its head. */
  newerThan(slot: number): number;
  /** What a policy has noted of a slot: from 0 to 255. */
  markOf(slot: number): number;
  mark(slot: number, mark: number): void;
  countIn(list: number): number;
  bytesIn(list: number): number;
  bytesInAll(): number;
  grow(capacity: number): void;
  clear(): void;
};

/** How much is in each list. */
function createTotals(lists: number) {
  const counts = new Int32Array(lists);
  /** By list, and behind them that of all. */
  const totals = new Float64Array(lists + 1);
  return {
    add(list: number, entries: number, bytes: number): void {
      counts[list] = (counts[list] as number) + entries;
      totals[list] = (totals[list] as number) + bytes;
    },
    addToAll(bytes: number): void {
      totals[lists] = (totals[lists] as number) + bytes;
    },
    countIn: (list: number): number => counts[list] as number,
    bytesIn: (list: number): number => totals[list] as number,
    bytesInAll: (): number => totals[lists] as number,
    clear(): void {
      counts.fill(0);
      totals.fill(0);
    },
  };
}

/** Which slots follow each other. */
function createChains(lists: number, firstCapacity: number) {
  let older = new Int32Array(firstCapacity);
  let newer = new Int32Array(firstCapacity);
  const heads = new Int32Array(lists).fill(noSlot);
  const tails = new Int32Array(lists).fill(noSlot);
  return {
    attach(slot: number, list: number): void {
      const head = heads[list] as number;
      older[slot] = head;
      newer[slot] = noSlot;
      if (head === noSlot) tails[list] = slot;
      else newer[head] = slot;
      heads[list] = slot;
    },
    detach(slot: number, list: number): void {
      const before = newer[slot] as number;
      const behind = older[slot] as number;
      if (before === noSlot) heads[list] = behind;
      else older[before] = behind;
      if (behind === noSlot) tails[list] = before;
      else newer[behind] = before;
    },
    headOf: (list: number): number => heads[list] as number,
    tailOf: (list: number): number => tails[list] as number,
    newerThan: (slot: number): number => newer[slot] as number,
    grow(capacity: number): void {
      older = widened(older, new Int32Array(capacity));
      newer = widened(newer, new Int32Array(capacity));
    },
    clear(): void {
      heads.fill(noSlot);
      tails.fill(noSlot);
    },
  };
}

export function createSlotLists(lists: number, firstCapacity: number): SlotLists {
  let listOfSlot = new Uint8Array(firstCapacity);
  let marks = new Uint8Array(firstCapacity);
  let sizes = new Float64Array(firstCapacity);
  const chains = createChains(lists, firstCapacity);
  const { attach, detach, headOf } = chains;
  const totals = createTotals(lists);

  return {
    link(slot, list, bytes) {
      attach(slot, list);
      listOfSlot[slot] = list;
      marks[slot] = 0;
      sizes[slot] = bytes;
      totals.add(list, 1, bytes);
      totals.addToAll(bytes);
    },
    unlink(slot) {
      const list = listOfSlot[slot] as number;
      const bytes = sizes[slot] as number;
      detach(slot, list);
      totals.add(list, -1, -bytes);
      totals.addToAll(-bytes);
    },
    move(slot, list) {
      if (headOf(list) === slot) return;
      const from = listOfSlot[slot] as number;
      detach(slot, from);
      attach(slot, list);
      if (from === list) return;
      listOfSlot[slot] = list;
      const bytes = sizes[slot] as number;
      totals.add(from, -1, -bytes);
      totals.add(list, 1, bytes);
    },
    resize(slot, bytes) {
      const more = bytes - (sizes[slot] as number);
      totals.add(listOfSlot[slot] as number, 0, more);
      totals.addToAll(more);
      sizes[slot] = bytes;
    },
    listOf: (slot) => listOfSlot[slot] as number,
    sizeOf: (slot) => sizes[slot] as number,
    tailOf: chains.tailOf,
    newerThan: chains.newerThan,
    markOf: (slot) => marks[slot] as number,
    mark(slot, mark) {
      marks[slot] = mark;
    },
    countIn: totals.countIn,
    bytesIn: totals.bytesIn,
    bytesInAll: totals.bytesInAll,
    grow(capacity) {
      chains.grow(capacity);
      listOfSlot = widened(listOfSlot, new Uint8Array(capacity));
      marks = widened(marks, new Uint8Array(capacity));
      sizes = widened(sizes, new Float64Array(capacity));
    },
    clear() {
      chains.clear();
      totals.clear();
    },
  };
}

/** The same numbers in a longer array. */
export function widened<A extends Float64Array | Int32Array | Uint32Array | Uint8Array>(from: A, to: A): A {
  to.set(from);
  return to;
}
