import type { AccessRights } from '../access/access-rights.ts';
import type { Cache, CacheRead } from '../cache/cache.ts';
import type { CountsOnTop } from '../counters/counts-on-top-service.ts';
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
  /** Null: followers are counted in the rows of those whom they follow. */
  readonly countsOnTop: CountsOnTop | null;
};

/** Reading who follows whom. What the cache has is the same for everybody; what a viewer is shown of it is decided afterwards. */
export function createFollowerReads({ cache, rights, followStore, countsOnTop }: FollowerReadsParts) {
  const followers = cache.register<number, Followers>({
    name: entityNames.followers,
    freshness: 'versioned',
    loadMany: followStore.load,
  });
  const readPage = async (id: number, cursor: string): Promise<CacheRead<Followers> | undefined> => {
    const after = decodeCursor(cursor);
    return cache.bypass(followers, () => followStore.loadPage(id, after));
  };
  /** As this viewer (null: logged out) may see them. Throws NOT_FOUND or INVALID_CURSOR. */
  const read = async (
    id: number,
    viewerId: number | null,
    cursor: string | undefined,
  ): Promise<ShownFollowers> => {
    const found = cursor === undefined ? await cache.read(followers, id) : await readPage(id, cursor);
    if (found === undefined || !rights.mayMeet(viewerId, id)) throw noPerson(id);
    if (rights.seesEverybody(viewerId)) return found;
    if (!rights.maySee(viewerId, id)) return null;
    const newest = found.value.newest.filter((follower) => rights.mayMeet(viewerId, follower.id));
    return { ...found, value: { ...found.value, newest } };
  };
  if (countsOnTop === null) return { read };
  const counted: typeof read = async (id, viewerId, cursor) => {
    const shown = await read(id, viewerId, cursor);
    if (shown === null) return null;
    const count = Math.max(0, shown.value.count + (await countsOnTop.followersOf(id)));
    return { ...shown, value: { ...shown.value, count } };
  };
  return { read: counted };
}
