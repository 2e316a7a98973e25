import type { RightsChanges } from '../access/access-rights.ts';
import type { Cache } from '../cache/cache.ts';
import { changedBy, expectedBy } from '../cached-entities.ts';
import { DarkroomError } from '../errors.ts';
import type { BlockStore } from './block-store.ts';

export type BlockService = ReturnType<typeof createBlockService>;

export type BlockServiceParts = {
  readonly cache: Cache;
  readonly rightsChanges: RightsChanges;
  readonly blockStore: BlockStore;
};

/** Two people, one of whom has blocked the other, are not there for each other: neither what they post nor what they write. */
export function createBlockService({ cache, rightsChanges, blockStore }: BlockServiceParts) {
  return {
    /**
     * Ends follows and requests between the two. Blocking twice is blocking once. Throws CONFLICT for oneself, NOT_FOUND (also by whom
     * the blocker is blocked: that one is not there), RIGHTS_FULL or RIGHTS_UNKNOWN.
     */
    async block(blockerId: number, blockedId: number): Promise<void> {
      if (blockerId === blockedId) throw new DarkroomError('CONFLICT', 'Nobody blocks themselves.');
      rightsChanges.requireRoom(1);
      await cache.write({
        expected: [blockerId, blockedId].flatMap((id) => expectedBy('unfollow', { followers: id })),
        store: async () => {
          const lost = await blockStore.add(blockerId, blockedId);
          if (lost === undefined)
            throw new DarkroomError('NOT_FOUND', 'One of the two people does not exist.');
          return {
            result: undefined,
            changed: lost.flatMap((followers) => changedBy('unfollow', { followers })),
          };
        },
      });
      await rightsChanges.everywhere();
    },
    /** Also where there was no block. Throws RIGHTS_UNKNOWN. */
    async unblock(blockerId: number, blockedId: number): Promise<void> {
      await blockStore.remove(blockerId, blockedId);
      await rightsChanges.everywhere();
    },
  };
}
