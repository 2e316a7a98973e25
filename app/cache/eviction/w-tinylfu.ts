import type { EvictionPolicy } from '../bounded-store/eviction-policy.ts';
import { createFrequencySketch } from '../bounded-store/frequency-sketch.ts';
import { createSlotStore, indifferent } from '../bounded-store/slot-store.ts';
import type { SlotPolicy, SlotPolicyParts } from '../bounded-store/slot-store.ts';
import { noSlot } from '../bounded-store/slot-lists.ts';

const window = 0;
const probation = 1;
const protectedList = 2;
const windowShare = 0.01;
/** The protected list's share of what is not the window. */
const protectedShare = 0.8;

function createWTinyLfu<V>({ table, bytesMax, evict }: SlotPolicyParts<V>): SlotPolicy {
  const sketch = createFrequencySketch();
  const windowMax = windowShare * bytesMax;
  const protectedMax = protectedShare * (bytesMax - windowMax);

  /** Few large entries can fill the protected list and leave none on probation: these too must be able to go. */
  const oldestOfMain = (): number => {
    const slot = table.tailOf(probation);
    return slot === noSlot ? table.tailOf(protectedList) : slot;
  };
  /** The oldest of a window that is too full stands against the oldest on probation; who was seen less often goes. */
  const evictOne = (): void => {
    const victim = oldestOfMain();
    const candidate = table.tailOf(window);
    if (victim === noSlot) return evict(candidate);
    if (candidate === noSlot || table.bytesIn(window) <= windowMax) return evict(victim);
    const isAdmitted = sketch.estimate(table.keyOf(candidate)) > sketch.estimate(table.keyOf(victim));
    if (!isAdmitted) return evict(candidate);
    evict(victim);
    table.move(candidate, probation);
  };
  /** What leaves the window while there is room goes on probation. */
  const settle = (): void => {
    while (table.bytes > bytesMax) evictOne();
    while (table.bytesIn(window) > windowMax && table.countIn(window) > 1)
      table.move(table.tailOf(window), probation);
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
  create: (options) => createSlotStore(options, 3, createWTinyLfu),
};
