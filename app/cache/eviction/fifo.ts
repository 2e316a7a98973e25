import { indifferent } from '../bounded-store/eviction-policy.ts';
import type { EvictionPolicy } from '../bounded-store/eviction-policy.ts';

/**
 * **fifo**: what came first goes first, however much it was used. The cheapest hit there is, since a hit changes nothing. It
 * throws hot entries out with the cold ones.
 */
export const fifo: EvictionPolicy = {
  name: 'fifo',
  summary: 'what came first goes first',
  lists: 1,
  decide({ table, bytesMax, evict }) {
    const evictOne = () => evict(table.tailOf(0));
    return {
      ...indifferent,
      evictOne,
      listFor(_, bytes) {
        while (table.bytes + bytes > bytesMax) evictOne();
        return 0;
      },
    };
  },
};
