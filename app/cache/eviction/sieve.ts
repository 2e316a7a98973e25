import { indifferent } from '../bounded-store/eviction-policy.ts';
import type { EvictionPolicy, SlotPolicy, SlotPolicyParts } from '../bounded-store/eviction-policy.ts';
import { noSlot } from '../bounded-store/slot-lists.ts';

/** Marks: whether an entry was used since the hand came by. */
const visited = 1;
const unvisited = 0;

function createSieve<K>({ table, bytesMax, evict }: SlotPolicyParts<K>): SlotPolicy<K> {
  let hand = noSlot;
  const evictOne = (): void => {
    let slot = hand === noSlot ? table.tailOf(0) : hand;
    while (table.markOf(slot) === visited) {
      table.mark(slot, unvisited);
      const newer = table.newerThan(slot);
      slot = newer === noSlot ? table.tailOf(0) : newer;
    }
    hand = slot;
    evict(slot);
  };
  return {
    ...indifferent,
    used: (slot) => table.mark(slot, visited),
    listFor(_, bytes) {
      while (table.bytes + bytes > bytesMax) evictOne();
      return 0;
    },
    evictOne,
    leaves(slot) {
      if (slot === hand) hand = table.newerThan(slot);
    },
    cleared() {
      hand = noSlot;
    },
  };
}

/**
 * **sieve**: a queue in which a hit only sets a bit; a hand goes from the oldest entry to the newest, spares and unmarks what
 * was used since it last came by, and evicts the first that was not
 * ([SIEVE is simpler than LRU](https://www.usenix.org/conference/nsdi24/presentation/zhang-yazhuo)). What is used once goes
 * early, and a hit costs next to nothing. A long scan of new keys pushes old ones out all the same.
 */
export const sieve: EvictionPolicy = {
  name: 'sieve',
  summary: 'a hand passes over what was used since it last came by and takes the first that was not',
  lists: 1,
  decide: createSieve,
};
