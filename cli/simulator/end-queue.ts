import { noSlot, widened } from '../../app/cache/bounded-store/slot-lists.ts';

/** Slots by when what is in them ends. Each is in it once at most, so that it is never longer than there are slots. */
export type EndQueue = {
  /** The slot that ends first, or `noSlot`. */
  first(): number;
  /** A slot that is new, or whose end is another one now. */
  put(slot: number): void;
  leave(slot: number): void;
  clear(): void;
};

const firstLength = 64;

/** A binary heap that knows where each slot lies in it. */
export function createEndQueue(endOf: (slot: number) => number): EndQueue {
  let heap = new Int32Array(firstLength);
  /** By slot: one more than its place in the heap; 0: it has none. */
  let places = new Int32Array(firstLength);
  let length = 0;
  const lay = (at: number, slot: number): void => {
    heap[at] = slot;
    places[slot] = at + 1;
  };
  /**
   * Finds the place in the heap, from a given one towards the top, where a slot with this end belongs. Slots
   * that end later move down.
   */
  const rise = (from: number, end: number): number => {
    let at = from;
    while (at > 0) {
      const above = (at - 1) >> 1;
      const other = heap[above] as number;
      if (endOf(other) <= end) break;
      lay(at, other);
      at = above;
    }
    return at;
  };
  /** The same towards the bottom: slots that end earlier move up. */
  const sink = (from: number, end: number): number => {
    let at = from;
    for (let below = 2 * at + 1; below < length; below = 2 * at + 1) {
      const isOtherEarlier =
        below + 1 < length && endOf(heap[below + 1] as number) < endOf(heap[below] as number);
      const place = isOtherEarlier ? below + 1 : below;
      const other = heap[place] as number;
      if (endOf(other) >= end) break;
      lay(at, other);
      at = place;
    }
    return at;
  };
  const settle = (at: number, slot: number): void => {
    const end = endOf(slot);
    lay(sink(rise(at, end), end), slot);
  };
  const add = (slot: number): number => {
    if (slot >= places.length)
      places = widened(places, new Int32Array(Math.max(slot + 1, places.length * 2)));
    if (length === heap.length) heap = widened(heap, new Int32Array(heap.length * 2));
    length += 1;
    return length - 1;
  };
  const placeOf = (slot: number): number => (slot < places.length ? (places[slot] as number) - 1 : noSlot);
  return {
    first: () => (length === 0 ? noSlot : (heap[0] as number)),
    put(slot) {
      const at = placeOf(slot);
      settle(at === noSlot ? add(slot) : at, slot);
    },
    leave(slot) {
      const at = placeOf(slot);
      if (at === noSlot) return;
      places[slot] = 0;
      length -= 1;
      const last = heap[length] as number;
      if (last !== slot) settle(at, last);
    },
    clear() {
      length = 0;
      places.fill(0);
    },
  };
}
