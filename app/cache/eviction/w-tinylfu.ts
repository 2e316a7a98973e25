import { createFrequencySketch } from '../bounded-store/frequency-sketch.ts';
import { indifferent } from '../bounded-store/eviction-policy.ts';
import type { EvictionPolicy, SlotPolicy, SlotPolicyParts } from '../bounded-store/eviction-policy.ts';
import { noSlot } from '../bounded-store/slot-lists.ts';

const window = 0;
const probation = 1;
const protectedList = 2;
const windowShare = 0.01;
/** The protected list's share of what is not the window. */
const protectedShare = 0.8;

/** Wide enough for a cache of so many at first: it grows with the table. */
const firstKeys = 64;

function createWTinyLfu<K>({ table, keyKind, bytesMax, evict }: SlotPolicyParts<K>): SlotPolicy<K> {
  const sketch = createFrequencySketch(keyKind.hash, firstKeys);
  const windowMax = windowShare * bytesMax;
  const mainMax = bytesMax - windowMax;
  const protectedMax = protectedShare * mainMax;

  /** Few large entries can fill the protected list and leave none on probation: these too must be able to go. */
  const oldestOfMain = (): number => {
    const slot = table.tailOf(probation);
    return slot === noSlot ? table.tailOf(protectedList) : slot;
  };
  const fitsIntoMain = (bytes: number): boolean => table.bytes - table.bytesIn(window) + bytes <= mainMax;
  const isAdmitted = (candidate: number): boolean => {
    const victim = oldestOfMain();
    return sketch.estimate(table.keyOf(candidate)) > sketch.estimate(table.keyOf(victim));
  };
  /**
   * Moves an entry from the window to probation. Where there is no room, it is compared with the oldest entry of the
   * main part: if it was seen more often, older ones are evicted until it fits, and otherwise it is evicted itself.
   * One that is larger than the main part is always evicted.
   */
  const leaveWindow = (candidate: number): void => {
    const bytes = table.sizeOf(candidate);
    if (bytes > mainMax || !(fitsIntoMain(bytes) || isAdmitted(candidate))) return evict(candidate);
    while (!fitsIntoMain(bytes)) evict(oldestOfMain());
    table.move(candidate, probation);
  };
  /**
   * What is not the window has a bound of its own, too. With entries of different sizes the window is full at one time and not at
   * another; if others could have what it leaves, they would have to give it back without being compared.
   */
  const settle = (): void => {
    while (table.bytesIn(window) > windowMax) leaveWindow(table.tailOf(window));
    // An entry that has become larger may have taken what the window left.
    while (table.bytes > bytesMax) evict(oldestOfMain());
  };
  const evictOne = (): void => {
    const victim = oldestOfMain();
    evict(victim === noSlot ? table.tailOf(window) : victim);
  };
  const protect = (slot: number): void => {
    table.move(slot, protectedList);
    while (table.bytesIn(protectedList) > protectedMax && table.countIn(protectedList) > 1)
      table.move(table.tailOf(protectedList), probation);
  };
  return {
    ...indifferent,
    grown: (capacity) => sketch.widenTo(capacity),
    used(slot) {
      sketch.touch(table.keyOf(slot));
      if (table.listOf(slot) === probation) protect(slot);
      else table.move(slot, table.listOf(slot));
    },
    listFor(key) {
      sketch.touch(key);
      return window;
    },
    added: settle,
    evictOne,
  };
}

/**
 * **w-tinylfu**: a small window takes what is new; what leaves it must have been seen more often than what it would replace,
 * by a sketch of frequencies that fades ([TinyLFU](https://arxiv.org/abs/1512.00727), as in
 * [Caffeine](https://github.com/ben-manes/caffeine/wiki/Efficiency), with a window of fixed size). Scans and things used once
 * hardly get in. Hits cost more than in the others, and what becomes popular suddenly has to be seen a few times first.
 */
export const wTinyLfu: EvictionPolicy = {
  name: 'w-tinylfu',
  summary: 'who wants in must have been seen more often than who would have to go',
  lists: 3,
  decide: createWTinyLfu,
};
