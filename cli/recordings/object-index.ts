/**
 * Gives keys of classes dense numbers, by first appearance. An open hash table over typed arrays: a Map of bigints would take ten
 * times the memory, and recordings have tens of millions of objects.
 */
export type ObjectIndex = {
  readonly size: () => number;
  /** The key as the two halves of an int64. -1: it would be one object more than may be. */
  readonly numberOf: (classNumber: number, low: number, high: number) => number;
};

const slotsMin = 1 << 12;
/** The share of the slots that may be taken: with more, probes get long. */
const loadMax = 0.6;

type Table = {
  readonly low: Uint32Array;
  readonly high: Uint32Array;
  readonly classOf: Uint16Array;
  /** One more than the object's number; 0: free. */
  readonly object: Uint32Array;
};

const createTable = (slots: number): Table => ({
  low: new Uint32Array(slots),
  high: new Uint32Array(slots),
  classOf: new Uint16Array(slots),
  object: new Uint32Array(slots),
});

/** The finaliser of MurmurHash3 (Appleby, public domain): small numbers must not lie in one run of slots. */
function hashOf(classNumber: number, low: number, high: number): number {
  let hash = low ^ Math.imul(high, 0x9e3779b1) ^ Math.imul(classNumber + 1, 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** The slot of a key, or the free one where it belongs. */
function slotOf(table: Table, classNumber: number, low: number, high: number): number {
  const mask = table.object.length - 1;
  let slot = hashOf(classNumber, low, high) & mask;
  while (
    table.object[slot] !== 0 &&
    (table.low[slot] !== low || table.high[slot] !== high || table.classOf[slot] !== classNumber)
  )
    slot = (slot + 1) & mask;
  return slot;
}

function put(
  table: Table,
  slot: number,
  entry: { low: number; high: number; classOf: number; object: number },
): void {
  table.low[slot] = entry.low;
  table.high[slot] = entry.high;
  table.classOf[slot] = entry.classOf;
  table.object[slot] = entry.object;
}

/** The same entries in twice as many slots. */
function grow(table: Table): Table {
  const larger = createTable(table.object.length * 2);
  for (const [from, object] of table.object.entries()) {
    if (object === 0) continue;
    const low = table.low[from] ?? 0;
    const high = table.high[from] ?? 0;
    const classOf = table.classOf[from] ?? 0;
    put(larger, slotOf(larger, classOf, low, high), { low, high, classOf, object });
  }
  return larger;
}

export function createObjectIndex(objectsMax: number): ObjectIndex {
  let table = createTable(slotsMin);
  let size = 0;
  return {
    size: () => size,
    numberOf(classNumber, low, high) {
      const slot = slotOf(table, classNumber, low, high);
      const object = table.object[slot] ?? 0;
      if (object > 0) return object - 1;
      if (size === objectsMax) return -1;
      size += 1;
      put(table, slot, { low, high, classOf: classNumber, object: size });
      if (size > table.object.length * loadMax) table = grow(table);
      return size - 1;
    },
  };
}
