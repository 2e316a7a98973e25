import type { Cache } from '../cache/cache.ts';
import { changedBy, expectedBy } from '../cached-entities.ts';
import { DarkroomError } from '../errors.ts';
import { isMissingReference } from '../storage/postgres.ts';
import type { LikeCount, LikeStore } from './like-store.ts';

export type LikeService = ReturnType<typeof createLikeService>;

export function createLikeService({
  cache,
  likeStore,
}: {
  readonly cache: Cache;
  readonly likeStore: LikeStore;
}) {
  const add = async (photoId: number, personId: number): Promise<LikeCount | undefined> => {
    try {
      return await likeStore.add(photoId, personId);
    } catch (error) {
      if (!isMissingReference(error)) throw error;
      throw new DarkroomError('NOT_FOUND', `There is no person ${personId}.`, { cause: error });
    }
  };
  return {
    /** Throws NOT_FOUND. Liking twice changes nothing the second time. */
    like: (photoId: number, personId: number): Promise<LikeCount> =>
      cache.write({
        expected: expectedBy('like', { photo: photoId }),
        store: async () => {
          const count = await add(photoId, personId);
          if (count === undefined) throw new DarkroomError('NOT_FOUND', `There is no photo ${photoId}.`);
          const changed = count.isNew
            ? changedBy('like', { photo: { id: photoId, version: count.version } })
            : [];
          return { result: count, changed };
        },
      }),
  };
}
