/** How often keys were seen lately, in little memory: too high sometimes, too low only for what was halved. */
export type FrequencySketch<K> = {
  touch(key: K): void;
  /** From 0 to 15. */
  estimate(key: K): number;
  /** Makes it wide enough for a cache of so many keys, and keeps what it has counted. */
  widenTo(keys: number): void;
};

const rows = 4;
const countMax = 15;
const usualKeys = 1_024;
/** Counters of a row per key: with fewer, the many keys that are seen once drown the difference between the others. */
const countersPerKey = 8;
/** All counts are halved, and that of the touches with them, when there were so many touches per key: they speak of the recent past. */
const touchesPerKey = 10;
/** The four counters of a key lie in one block, which is a line of the processor's cache: one miss in place of four. */
const blockCounters = 64;
const blockBits = Math.log2(blockCounters);
const rowCounters = blockCounters / rows;
const rowBits = Math.log2(rowCounters);

/**
 * A count-min sketch with periodic halving, as TinyLFU has it ([arXiv:1512.00727](https://arxiv.org/abs/1512.00727), section
 * 3): each key has a counter in each of four rows, and the least of them is the estimate.
 * `hash` gives 32 bits; `keys` is a power of two.
 */
export function createFrequencySketch<K>(
  hash: (key: K) => number,
  keys: number = usualKeys,
): FrequencySketch<K> {
  let keysMax = keys;
  let counts = new Uint8Array(keysMax * countersPerKey * rows);
  let touches = 0;
  const blockOf = (hashed: number): number => (hashed << blockBits) & (counts.length - 1);
  /** Bits for the places in the block, which have to differ among the keys of one block. */
  const bitsOf = (hashed: number): number => Math.imul(hashed, 0xc2b2ae35) >>> (32 - rows * rowBits);
  const placeOf = (block: number, bits: number, row: number): number =>
    block + row * rowCounters + ((bits >>> (row * rowBits)) & (rowCounters - 1));
  const leastOf = (block: number, bits: number): number => {
    let least = countMax;
    for (let row = 0; row < rows; row += 1)
      least = Math.min(least, counts[placeOf(block, bits, row)] as number);
    return least;
  };
  /** Four counters at once. */
  const halve = (): void => {
    const words = new Uint32Array(counts.buffer);
    for (let index = 0; index < words.length; index += 1)
      words[index] = ((words[index] as number) >>> 1) & 0x7f7f7f7f;
    touches >>= 1;
  };
  return {
    touch(key) {
      const hashed = hash(key);
      const block = blockOf(hashed);
      const bits = bitsOf(hashed);
      const least = leastOf(block, bits);
      // Raising only what is lowest keeps the counters of other keys from growing with this one.
      if (least < countMax) {
        for (let row = 0; row < rows; row += 1) {
          const place = placeOf(block, bits, row);
          if (counts[place] === least) counts[place] = least + 1;
        }
      }
      touches += 1;
      if (touches >= touchesPerKey * keysMax) halve();
    },
    estimate(key) {
      const hashed = hash(key);
      return leastOf(blockOf(hashed), bitsOf(hashed));
    },
    widenTo(wanted) {
      while (keysMax < wanted) {
        keysMax *= 2;
        const wider = new Uint8Array(counts.length * 2);
        // A key's block is now in the first or the second half: both begin with what it had.
        wider.set(counts);
        wider.set(counts, counts.length);
        counts = wider;
      }
    },
  };
}
