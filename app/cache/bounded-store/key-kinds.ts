import { noSlot, widened } from './slot-lists.ts';

/** Which number a key has: a slot, or below `noSlot` one that stands for something else. A Map is one. */
export type SlotIndex<K> = Iterable<readonly [K, number]> & {
  get(key: K): number | undefined;
  set(key: K, slot: number): unknown;
  delete(key: K): unknown;
  clear(): void;
};

/** What a bounded store has to know of its keys. Policies know nothing else of them. */
export type KeyKind<K> = {
  readonly createIndex: () => SlotIndex<K>;
  /** In the place of a key that is gone, so that it can be forgotten. */
  readonly nothing: K;
  /** 32 bits. */
  readonly hash: (key: K) => number;
};

const firstLength = 1_024;

/** Numbers are places in an array, so they have to be small: the first object is 0, the next one 1. */
function createNumberIndex(): SlotIndex<number> {
  /** One more than the number of each key: an array begins with zeros, and `noSlot` is one less. */
  let places = new Int32Array(firstLength);
  return {
    get: (key) => (key < places.length ? (places[key] as number) - 1 : noSlot),
    set(key, slot) {
      if (key >= places.length) places = widened(places, new Int32Array(lengthFor(key)));
      places[key] = slot + 1;
    },
    delete(key) {
      places[key] = 0;
    },
    clear() {
      places.fill(0);
    },
    *[Symbol.iterator]() {
      for (const [key, place] of places.entries()) if (place !== 0) yield [key, place - 1] as const;
    },
  };
}

const lengthFor = (index: number): number => 2 ** Math.ceil(Math.log2(index + 1));

/** The bits of a number, each of them depending on all (the end of MurmurHash3, https://github.com/aappleby/smhasher). */
function mixed(bits: number): number {
  let value = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return value ^ (value >>> 16);
}

/** FNV-1a over UTF-16 units, 32 bits (http://www.isthe.com/chongo/tech/comp/fnv/), with its high bits mixed into the low ones. */
function hashText(key: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < key.length; index += 1)
    value = Math.imul(value ^ key.charCodeAt(index), 0x01000193);
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  return value ^ (value >>> 13);
}

/** Those of the service. */
export const textKeys: KeyKind<string> = { createIndex: () => new Map(), nothing: '', hash: hashText };

/** Objects by number, from 0 on and without gaps: those of a simulation. */
export const numberKeys: KeyKind<number> = { createIndex: createNumberIndex, nothing: 0, hash: mixed };
