import type { EvictionPolicy } from '../bounded-store/eviction-policy.ts';
import { createSlotStore, indifferent } from '../bounded-store/slot-store.ts';
import type { SlotPolicy, SlotPolicyParts } from '../bounded-store/slot-store.ts';
import { widened } from '../bounded-store/slot-lists.ts';

const small = 0;
const main = 1;
/** The small queue's share of the bytes. */
const smallShare = 0.1;
/** There are as many ghosts as the main queue would hold entries if it had the rest, however many it holds yet. */
const mainShare = 1 - smallShare;
const usesMax = 3;

/** Keys that the small queue has evicted, oldest first. */
function createGhosts() {
  let keys = new Set<string>();
  // One iterator for all times: a new one would walk again over the places of all that were forgotten.
  let oldest = keys.values();
  return {
    /** Forgets the oldest when there are more than `most`. */
    remember(key: string, most: number): void {
      keys.add(key);
      while (keys.size > most) keys.delete(oldest.next().value as string);
    },
    /** Whether the key is among them; it is not afterwards. */
    recall: (key: string): boolean => keys.delete(key),
    clear(): void {
      keys = new Set();
      oldest = keys.values();
    },
  };
}

function createS3Fifo<V>({ table, bytesMax, evict }: SlotPolicyParts<V>): SlotPolicy {
  let uses = new Uint8Array(0);
  const ghosts = createGhosts();
  const usesOf = (slot: number): number => uses[slot] as number;

  const evictFromMain = (): void => {
    for (let slot = table.tailOf(main); ; slot = table.tailOf(main)) {
      if (usesOf(slot) === 0) return evict(slot);
      uses[slot] = usesOf(slot) - 1;
      table.move(slot, main);
    }
  };
  /** What was used more than once moves on to the main queue, uncounted again; the first that was not is evicted. */
  const evictFromSmall = (): void => {
    while (table.countIn(small) > 0) {
      const slot = table.tailOf(small);
      if (usesOf(slot) <= 1) {
        ghosts.remember(table.keyOf(slot), mainShare * table.size);
        return evict(slot);
      }
      uses[slot] = 0;
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
    grown(capacity) {
      uses = widened(uses, new Uint8Array(capacity));
    },
    used(slot) {
      if (usesOf(slot) < usesMax) uses[slot] = usesOf(slot) + 1;
    },
    listFor(key, bytes) {
      while (table.bytes + bytes > bytesMax) evictOne();
      return ghosts.recall(key) ? main : small;
    },
    added(slot) {
      uses[slot] = 0;
    },
    evictOne,
    cleared: ghosts.clear,
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
  create: (options) => createSlotStore(options, 2, createS3Fifo),
};
