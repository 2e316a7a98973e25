import type { AccessRights, RightsChanges } from '../access/access-rights.ts';
import type { Cache } from '../cache/cache.ts';
import { changedBy, expectedBy } from '../cached-entities.ts';
import type { CountsOnTop } from '../counters/counts-on-top-service.ts';
import { DarkroomError } from '../errors.ts';
import { isMissingReference } from '../storage/refusals.ts';
import type { FollowRequestStore } from './follow-request-store.ts';
import type { FollowStore } from './follow-store.ts';
import { createFollowerReads, noPerson } from './follower-reads.ts';

export type FollowService = ReturnType<typeof createFollowService>;

export type FollowServiceParts = {
  readonly cache: Cache;
  readonly rights: AccessRights;
  readonly rightsChanges: RightsChanges;
  readonly followStore: FollowStore;
  readonly requestStore: FollowRequestStore;
  readonly countsOnTop: CountsOnTop | null;
};

/** What becomes of following: a private person has to agree first. */
export type FollowOutcome = 'followed' | 'requested';

/** Following is idempotent: doing it twice changes nothing the second time. */
export function createFollowService(parts: FollowServiceParts) {
  const { cache, rights, rightsChanges, followStore, requestStore, countsOnTop } = parts;
  const change = (
    write: 'follow' | 'unfollow',
    followedId: number,
    store: () => Promise<number | null | undefined>,
  ): Promise<void> =>
    cache.write({
      expected: expectedBy(write, { followers: followedId }),
      store: async () => {
        const version = await store();
        const changed =
          version === null || version === undefined
            ? []
            : changedBy(write, { followers: { id: followedId, version } });
        return { result: undefined, changed };
      },
    });
  const followAtOnce = async (followerId: number, followedId: number): Promise<void> => {
    try {
      await change('follow', followedId, () => followStore.add(followerId, followedId));
    } catch (error) {
      if (!isMissingReference(error)) throw error;
      throw new DarkroomError('NOT_FOUND', 'One of the two people does not exist.', { cause: error });
    }
  };
  return {
    ...createFollowerReads({ cache, rights, followStore, countsOnTop }),
    /** Throws CONFLICT for oneself, NOT_FOUND when either person does not exist or is not there for the other. */
    async follow(followerId: number, followedId: number): Promise<FollowOutcome> {
      if (followerId === followedId) throw new DarkroomError('CONFLICT', 'Nobody follows themselves.');
      if (!rights.mayMeet(followerId, followedId)) throw noPerson(followedId);
      const mustAsk = !rights.maySee(followerId, followedId);
      if (mustAsk && (await requestStore.add(followerId, followedId))) return 'requested';
      try {
        await followAtOnce(followerId, followedId);
        return 'followed';
      } catch (error) {
        // The person has become private, or has blocked the follower, since this replica was told last.
        if (!(error instanceof DarkroomError) || error.code !== 'ROW_REFUSED') throw error;
        if (await requestStore.add(followerId, followedId)) return 'requested';
        throw noPerson(followedId);
      }
    },
    /** Withdraws a request, too. Throws NOT_FOUND when there is no such person to unfollow. */
    async unfollow(followerId: number, followedId: number): Promise<void> {
      if (!rights.mayMeet(followerId, followedId)) throw noPerson(followedId);
      let isOfPrivate = false;
      await change('unfollow', followedId, async () => {
        const removed = await followStore.remove(followerId, followedId);
        if (removed === undefined) throw noPerson(followedId);
        ({ isOfPrivate } = removed);
        return removed.version;
      });
      // Also where the person is public by now: a request from before would be there again when that person
      // turns private.
      await requestStore.remove(followerId, followedId);
      if (isOfPrivate) await rightsChanges.everywhere();
    },
  };
}
