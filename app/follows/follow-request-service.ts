import type { AccessRights, RightsChanges } from '../access/access-rights.ts';
import type { Cache } from '../cache/cache.ts';
import { changedBy, expectedBy } from '../cached-entities.ts';
import { DarkroomError } from '../errors.ts';
import { decodeCursor } from '../storage/cursor.ts';
import type { FollowRequestStore, RequestPage } from './follow-request-store.ts';

export type FollowRequestService = ReturnType<typeof createFollowRequestService>;

export type FollowRequestServiceParts = {
  readonly cache: Cache;
  readonly rights: AccessRights;
  readonly rightsChanges: RightsChanges;
  readonly requestStore: FollowRequestStore;
};

const noRequest = () => new DarkroomError('NOT_FOUND', 'There is no such request.');

/** What becomes of a request to follow a private person: accepted or declined by that one, or withdrawn by the other one. */
export function createFollowRequestService(parts: FollowRequestServiceParts) {
  const { cache, rights, rightsChanges, requestStore } = parts;
  return {
    /** Throws INVALID_CURSOR. */
    async list(followedId: number, cursor: string | undefined): Promise<RequestPage> {
      const page = await requestStore.list(
        followedId,
        cursor === undefined ? undefined : decodeCursor(cursor),
      );
      if (rights.seesEverybody(followedId)) return page;
      return { ...page, people: page.people.filter(({ id }) => rights.mayMeet(followedId, id)) };
    },
    /** Throws NOT_FOUND when there is no request, RIGHTS_FULL or RIGHTS_UNKNOWN. */
    async accept(followerId: number, followedId: number): Promise<void> {
      if (!rights.mayMeet(followedId, followerId)) throw noRequest();
      rightsChanges.requireRoom(1);
      await cache.write({
        expected: expectedBy('follow', { followers: followedId }),
        store: async () => {
          const version = await requestStore.accept(followerId, followedId);
          if (version === undefined) throw noRequest();
          const changed =
            version === null ? [] : changedBy('follow', { followers: { id: followedId, version } });
          return { result: undefined, changed };
        },
      });
      await rightsChanges.everywhere();
    },
    /** Declined or withdrawn. Throws NOT_FOUND. Nobody's rights change. */
    async remove(followerId: number, followedId: number): Promise<void> {
      if (!(await requestStore.remove(followerId, followedId))) throw noRequest();
    },
  };
}
