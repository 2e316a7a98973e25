/** How often keys were seen lately, in little memory: too high sometimes, too low only for what was halved. */
export type FrequencySketch = {
  touch(key: string): void;
  /** From 0 to 15. */
  estimate(key: string): number;
  /** Makes it wide enough for a cache of so many keys. What it has counted is forgotten when it grows. */
  widenTo(keys: number): void;
};

const rows = 4;
const countMax = 15;
const firstKeys = 1_024;
/** Counters of a row per key: with fewer, the many keys that are seen once drown the difference between the others. */
const countersPerKey = 8;
/** All counts are halved after so many touches per key, so that they speak of the recent past. */
const touchesPerKey = 10;
/** One odd multiplier per row, to take different bits of one hash. */
const multipliers = [0x9e3779b1, 0x85ebca6b, 0xc2b2ae35, 0x27d4eb2f];

/** FNV-1a over UTF-16 units, 32 bits (http://www.isthe.com/chongo/tech/comp/fnv/). */
function hash(key: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < key.length; index += 1)
    value = Math.imul(value ^ key.charCodeAt(index), 0x01000193);
  return value;
}

/**
 * A count-min sketch with periodic halving, as TinyLFU has it ([arXiv:1512.00727](https://arxiv.org/abs/1512.00727), section
 * 3): each key has a counter in each of four rows, and the least of them is the estimate.
 */
export function createFrequencySketch(): FrequencySketch {
  let keysMax = firstKeys;
  let width = keysMax * countersPerKey;
  let counts = new Uint8Array(width * rows);
  let touches = 0;
  const placeOf = (hashed: number, row: number): number => {
    const mixed = Math.imul(hashed ^ (hashed >>> 15), multipliers[row] as number);
    return row * width + ((mixed ^ (mixed >>> 13)) & (width - 1));
  };
  const halve = (): void => {
    for (const [place, count] of counts.entries()) counts[place] = count >> 1;
    touches = 0;
  };
  const leastOf = (hashed: number): number => {
    let least = countMax;
    for (let row = 0; row < rows; row += 1) least = Math.min(least, counts[placeOf(hashed, row)] as number);
    return least;
  };
  return {
    touch(key) {
      const hashed = hash(key);
      const least = leastOf(hashed);
      // Raising only what is lowest keeps the counters of other keys from growing with this one.
      if (least < countMax) {
        for (let row = 0; row < rows; row += 1) {
          const place = placeOf(hashed, row);
          if (counts[place] === least) counts[place] = least + 1;
        }
      }
      touches += 1;
      if (touches >= touchesPerKey * keysMax) halve();
    },
    estimate: (key) => leastOf(hash(key)),
    widenTo(keys) {
      if (keys <= keysMax) return;
      while (keysMax < keys) keysMax *= 2;
      width = keysMax * countersPerKey;
      counts = new Uint8Array(width * rows);
      touches = 0;
    },
  };
}
