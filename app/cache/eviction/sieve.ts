import type { EvictionPolicy } from '../bounded-store/eviction-policy.ts';
import { createSlotStore, indifferent } from '../bounded-store/slot-store.ts';
import type { SlotPolicy, SlotPolicyParts } from '../bounded-store/slot-store.ts';
import { noSlot, widened } from '../bounded-store/slot-lists.ts';

function createSieve<V>({ table, bytesMax, evict }: SlotPolicyParts<V>): SlotPolicy {
  let visited = new Uint8Array(0);
  let hand = noSlot;
  const evictOne = (): void => {
    let slot = hand === noSlot ? table.tailOf(0) : hand;
    while (visited[slot] === 1) {
      visited[slot] = 0;
      const newer = table.newerThan(slot);
      slot = newer === noSlot ? table.tailOf(0) : newer;
    }
    hand = slot;
    evict(slot);
  };
  return {
    ...indifferent,
    grown(capacity) {
      visited = widened(visited, new Uint8Array(capacity));
    },
    used(slot) {
      visited[slot] = 1;
    },
    listFor(_, bytes) {
      while (table.bytes + bytes > bytesMax) evictOne();
      return 0;
    },
    added(slot) {
      visited[slot] = 0;
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
  create: (options) => createSlotStore(options, 1, createSieve),
};
