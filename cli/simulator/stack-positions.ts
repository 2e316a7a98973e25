import { widened } from '../../app/cache/bounded-store/slot-lists.ts';

/** Objects in the order of their last use: each at a numbered position, the newest at the highest one; and how many bytes lie above. */
export type StackPositions = {
  /** Of an object; -1 where it has none. */
  positionOf(object: number): number;
  bytesAt(position: number): number;
  /**
   * Adds bytes to a position, or takes them where the number is negative. A position without any left is
   * forgotten at the next compaction.
   */
  change(position: number, bytes: number): void;
  /** Of all at this position and above it. */
  bytesFrom(position: number): number;
  putOnTop(object: number, bytes: number): void;
  /** The object is no longer there; what it weighed stays. */
  leave(position: number): void;
  bytesInAll(): number;
};

const firstLength = 1_024;
/** The object of a position that belongs to none. */
const nobody = -1;

/** Sums of the first numbers of a row that changes (P. Fenwick, 1994). */
function createSums(length: number) {
  const tree = new Float64Array(length + 1);
  return {
    add(position: number, bytes: number): void {
      for (let node = position + 1; node <= length; node += node & -node)
        tree[node] = (tree[node] as number) + bytes;
    },
    before(position: number): number {
      let sum = 0;
      for (let node = position; node > 0; node -= node & -node) sum += tree[node] as number;
      return sum;
    },
    clear: () => void tree.fill(0),
  };
}

/** `onRenumbered` is told where positions have gone, when those with nothing there are left out: their order stays. */
export function createStackPositions(onRenumbered: (renumbered: Int32Array) => void): StackPositions {
  /** One more than the position of each object: an array begins with zeros. */
  let places = new Int32Array(firstLength);
  let weights = new Float64Array(firstLength);
  let objects = new Int32Array(firstLength);
  let sums = createSums(firstLength);
  let next = 0;
  let bytesInAll = 0;
  /** The new number of each position. The array is kept, since making room is done again and again. */
  let renumbered = new Int32Array(firstLength);

  const change = (position: number, bytes: number): void => {
    weights[position] = (weights[position] as number) + bytes;
    sums.add(position, bytes);
    bytesInAll += bytes;
  };
  /** Leaves out the positions where nothing is, and makes room for as many new ones as are taken. */
  const compact = (): void => {
    if (renumbered.length < next) renumbered = new Int32Array(next);
    let taken = 0;
    for (let position = 0; position < next; position += 1) {
      if (weights[position] === 0) continue;
      renumbered[position] = taken;
      weights[taken] = weights[position] as number;
      const object = (objects[taken] = objects[position] as number);
      if (object !== nobody) places[object] = taken + 1;
      taken += 1;
    }
    const length = Math.max(firstLength, 2 ** Math.ceil(Math.log2(taken * 2)));
    if (length === weights.length) sums.clear();
    else {
      weights = widened(weights.subarray(0, taken), new Float64Array(length));
      objects = widened(objects.subarray(0, taken), new Int32Array(length));
      sums = createSums(length);
    }
    for (let position = 0; position < taken; position += 1) sums.add(position, weights[position] as number);
    next = taken;
    onRenumbered(renumbered);
  };
  return {
    positionOf: (object) => (object < places.length ? (places[object] as number) - 1 : -1),
    bytesAt: (position) => weights[position] as number,
    change,
    bytesFrom: (position) => bytesInAll - sums.before(position),
    putOnTop(object, bytes) {
      if (next === weights.length) compact();
      if (object >= places.length)
        places = widened(places, new Int32Array(2 ** Math.ceil(Math.log2(object + 1))));
      objects[next] = object;
      weights[next] = 0;
      places[object] = next + 1;
      change(next, bytes);
      next += 1;
    },
    leave(position) {
      places[objects[position] as number] = 0;
      objects[position] = nobody;
    },
    bytesInAll: () => bytesInAll,
  };
}
