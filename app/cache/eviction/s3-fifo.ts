import { indifferent } from '../bounded-store/eviction-policy.ts';
import type { EvictionPolicy, SlotPolicy, SlotPolicyParts } from '../bounded-store/eviction-policy.ts';
import { noSlot } from '../bounded-store/slot-lists.ts';

const small = 0;
const main = 1;
/** The small queue's share of the bytes. */
const smallShare = 0.1;
/** There are as many ghosts at most as the main queue would hold entries if it had the rest, however many it holds yet. */
const mainShare = 1 - smallShare;
const usesMax = 3;

/** Marks are how often an entry was used. Ghosts are keys that the small queue has evicted. */
function createS3Fifo<K>({ table, bytesMax, evict, bury }: SlotPolicyParts<K>): SlotPolicy<K> {
  const evictFromMain = (): void => {
    for (let slot = table.tailOf(main); ; slot = table.tailOf(main)) {
      const uses = table.markOf(slot);
      if (uses === 0) return evict(slot);
      table.mark(slot, uses - 1);
      table.move(slot, main);
    }
  };
  /** Forgets the oldest ghosts when there are too many. */
  const evictToGhosts = (slot: number): void => {
    const ghostsMax = mainShare * table.size;
    bury(slot);
    while (table.ghosts > ghostsMax) table.remove(table.oldestGhost());
  };
  /** What was used more than once moves on to the main queue, uncounted again; the first that was not is evicted. */
  const evictFromSmall = (): void => {
    while (table.countIn(small) > 0) {
      const slot = table.tailOf(small);
      if (table.markOf(slot) <= 1) return evictToGhosts(slot);
      table.mark(slot, 0);
      table.move(slot, main);
    }
    evictFromMain();
  };
  const evictOne = (): void => {
    const isSmallFull = table.bytesIn(small) >= smallShare * bytesMax || table.countIn(main) === 0;
    if (isSmallFull && table.countIn(small) > 0) evictFromSmall();
    else evictFromMain();
  };
  return {
    ...indifferent,
    used(slot) {
      const uses = table.markOf(slot);
      if (uses < usesMax) table.mark(slot, uses + 1);
    },
    /** A ghost that comes back is none any more. */
    listFor(key, bytes) {
      while (table.bytes + bytes > bytesMax) evictOne();
      const ghost = table.ghostOf(key);
      if (ghost === noSlot) return small;
      table.remove(ghost);
      return main;
    },
    evictOne,
  };
}

/**
 * **s3-fifo**: a small queue of a tenth of the room for what is new, a main queue for what was used there more than once, and
 * a memory of the keys that the small one has evicted, which go to the main one when they come back
 * ([FIFO queues are all you need](https://doi.org/10.1145/3600006.3613147)). What is used once leaves quickly, so a scan does
 * little harm. What comes back after its key is forgotten has to start again.
 */
export const s3Fifo: EvictionPolicy = {
  name: 's3-fifo',
  summary: 'a small queue for what is new, a main one for what was used there, and a memory of evicted keys',
  lists: 2,
  decide: createS3Fifo,
};
