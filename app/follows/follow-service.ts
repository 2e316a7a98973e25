import type { Cache, CacheRead } from '../cache/cache.ts';
import { changedBy, expectedBy } from '../cached-entities.ts';
import { entityNames } from '../contract/entities.ts';
import { DarkroomError } from '../errors.ts';
import { decodeCursor } from '../storage/cursor.ts';
import { isMissingReference } from '../storage/refusals.ts';
import type { Followers, FollowStore } from './follow-store.ts';

export type FollowService = ReturnType<typeof createFollowService>;

/** Following is idempotent: doing it twice changes nothing the second time. */
export function createFollowService({
  cache,
  followStore,
}: {
  readonly cache: Cache;
  readonly followStore: FollowStore;
}) {
  const followers = cache.register<number, Followers>({
    name: entityNames.followers,
    freshness: 'versioned',
    loadMany: followStore.load,
  });
  const readPage = async (id: number, cursor: string): Promise<CacheRead<Followers> | undefined> => {
    const after = decodeCursor(cursor);
    return cache.bypass(followers, () => followStore.loadPage(id, after));
  };
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
  const noPerson = (id: number) => new DarkroomError('NOT_FOUND', `There is no person ${id}.`);
  return {
    /** Throws NOT_FOUND or INVALID_CURSOR. */
    async read(id: number, cursor: string | undefined): Promise<CacheRead<Followers>> {
      const read = cursor === undefined ? await cache.read(followers, id) : await readPage(id, cursor);
      if (read === undefined) throw noPerson(id);
      return read;
    },
    /** Throws CONFLICT for oneself, NOT_FOUND when either person does not exist. */
    async follow(followerId: number, followedId: number): Promise<void> {
      if (followerId === followedId) throw new DarkroomError('CONFLICT', 'Nobody follows themselves.');
      try {
        await change('follow', followedId, () => followStore.add(followerId, followedId));
      } catch (error) {
        if (!isMissingReference(error)) throw error;
        throw new DarkroomError('NOT_FOUND', 'One of the two people does not exist.', { cause: error });
      }
    },
    /** Throws NOT_FOUND when there is no such person to unfollow. */
    unfollow: (followerId: number, followedId: number): Promise<void> =>
      change('unfollow', followedId, async () => {
        const version = await followStore.remove(followerId, followedId);
        if (version === undefined) throw noPerson(followedId);
        return version;
      }),
  };
}
