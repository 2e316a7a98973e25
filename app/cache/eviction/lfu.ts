import { indifferent } from '../bounded-store/eviction-policy.ts';
import type { EvictionPolicy, SlotPolicy, SlotPolicyParts } from '../bounded-store/eviction-policy.ts';
import { noSlot } from '../bounded-store/slot-lists.ts';

/** Uses are counted up to this; there is one list per count. */
const usesMax = 63;
/** All counts are halved after so many uses per entry: what was hot once must not stay for ever. */
const usesPerEntryBetweenHalvings = 10;

function createLfu<K>({ table, bytesMax, evict }: SlotPolicyParts<K>): SlotPolicy<K> {
  let usesSinceHalving = 0;
  const halve = (): void => {
    usesSinceHalving = 0;
    // From the rarest list on, oldest first, so that each keeps its order and nobody is halved twice.
    for (let uses = 1; uses <= usesMax; uses += 1)
      for (let left = table.countIn(uses); left > 0; left -= 1) table.move(table.tailOf(uses), uses >> 1);
  };
  const evictOne = (): void => {
    for (let uses = 0; uses <= usesMax; uses += 1) {
      const slot = table.tailOf(uses);
      if (slot !== noSlot) return evict(slot);
    }
  };
  return {
    ...indifferent,
    used(slot) {
      table.move(slot, Math.min(usesMax, table.listOf(slot) + 1));
      usesSinceHalving += 1;
      if (usesSinceHalving >= usesPerEntryBetweenHalvings * table.size) halve();
    },
    evictOne,
    listFor(_, bytes) {
      while (table.bytes + bytes > bytesMax) evictOne();
      return 0;
    },
    cleared() {
      usesSinceHalving = 0;
    },
  };
}

/**
 * **lfu**: what was used least often goes first, the longest unused among equals, with all counts halved now and then
 * ([aging](https://en.wikipedia.org/wiki/Least_frequently_used)). Good where popularity stays as it is. It is slow to see that
 * it has changed, and a new entry is always the first to go.
 */
export const lfu: EvictionPolicy = {
  name: 'lfu',
  summary: 'what was used least often goes first; counts are halved now and then',
  lists: usesMax + 1,
  decide: createLfu,
};
