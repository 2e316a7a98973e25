import type { AccessRights } from '../access/access-rights.ts';
import type { Cache, CacheRead } from '../cache/cache.ts';
import { entityNames } from '../contract/entities.ts';
import { DarkroomError } from '../errors.ts';
import { decodeCursor } from '../storage/cursor.ts';
import type { Followers, FollowStore } from './follow-store.ts';

export const noPerson = (id: number) => new DarkroomError('NOT_FOUND', `There is no person ${id}.`);

/** Null: nothing of them is shown. */
export type ShownFollowers = CacheRead<Followers> | null;

export type FollowerReadsParts = {
  readonly cache: Cache;
  readonly rights: AccessRights;
  readonly followStore: FollowStore;
};

/** Reading who follows whom. What the cache has is the same for everybody; what a viewer is shown of it is decided afterwards. */
export function createFollowerReads({ cache, rights, followStore }: FollowerReadsParts) {
  const followers = cache.register<number, Followers>({
    name: entityNames.followers,
    freshness: 'versioned',
    loadMany: followStore.load,
  });
  const readPage = async (id: number, cursor: string): Promise<CacheRead<Followers> | undefined> => {
    const after = decodeCursor(cursor);
    return cache.bypass(followers, () => followStore.loadPage(id, after));
  };
  return {
    /** As this viewer (null: logged out) may see them. Throws NOT_FOUND or INVALID_CURSOR. */
    async read(id: number, viewerId: number | null, cursor: string | undefined): Promise<ShownFollowers> {
      const read = cursor === undefined ? await cache.read(followers, id) : await readPage(id, cursor);
      if (read === undefined || !rights.mayMeet(viewerId, id)) throw noPerson(id);
      if (rights.seesEverybody(viewerId)) return read;
      if (!rights.maySee(viewerId, id)) return null;
      const newest = read.value.newest.filter((follower) => rights.mayMeet(viewerId, follower.id));
      return { ...read, value: { ...read.value, newest } };
    },
  };
}
