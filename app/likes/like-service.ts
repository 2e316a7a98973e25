import type { Cache } from '../cache/cache.ts';
import { changedBy, expectedBy } from '../cached-entities.ts';
import type { Clock } from '../clock.ts';
import type { CountsOnTop } from '../counters/counts-on-top-service.ts';
import { DarkroomError, isOfRequest, isStorageAway } from '../errors.ts';
import type { PhotoService } from '../photos/photo-service.ts';
import { isMissingReference } from '../storage/refusals.ts';
import type { Like, LikeCount, LikeStore } from './like-store.ts';

export type LikeService = ReturnType<typeof createLikeService>;

export type LikeServiceParts = {
  readonly cache: Cache;
  readonly likeStore: LikeStore;
  readonly photoService: Pick<PhotoService, 'readWithoutCounts' | 'requireShown'>;
  readonly clock: Clock;
  /** Null: likes are counted in the rows of the photos, and each changes one. */
  readonly countsOnTop: CountsOnTop | null;
};

/**
 * For this long after storage could not be reached, a like does not ask it for a forecast: it would wait in vain for something
 * that it can do without.
 */
const awayMs = 1_000;

/** The kind of write that a like is when storage gets it later. */
const likeKind = 'like';

function parseLike(payload: unknown): Like | undefined {
  const { photoId, personId } = { ...(payload as Partial<Record<keyof Like, unknown>> | null) };
  return typeof photoId === 'number' && typeof personId === 'number' ? { photoId, personId } : undefined;
}

const noPhoto = (photoId: number) => new DarkroomError('NOT_FOUND', `There is no photo ${photoId}.`);

export function createLikeService(parts: LikeServiceParts) {
  const { cache, likeStore, photoService, clock, countsOnTop } = parts;
  const areCountsApart = countsOnTop !== null;
  const changes = (photo: { readonly id: number; readonly version: number }) =>
    changedBy('like', { photo }, areCountsApart);
  cache.registerDeferred<Like>(likeKind, {
    parse: parseLike,
    applyMany: async (likes, isRepeated) => (await likeStore.addMany(likes, isRepeated)).flatMap(changes),
  });
  /** With what is counted apart, the own like among it. */
  const whole = async (count: LikeCount, photoId: number, personId: number) => {
    if (countsOnTop === null) return count;
    const [likes = 0] = await countsOnTop.likesOf([photoId], personId);
    return { ...count, likeCount: Math.max(0, count.likeCount + likes) };
  };
  let askAgainMs = 0;
  /**
   * What the photo will be like once the queued like is stored. Only storage knows whether this person has liked it already,
   * since a cached entry may be older than the last flush. While storage cannot be asked, the entry is taken, and the like is
   * assumed to be new. What is counted apart comes on top of it if that can be had: not having it refuses no like.
   */
  const forecast = async (photoId: number, personId: number): Promise<LikeCount> => {
    if (clock.now() >= askAgainMs) {
      try {
        const foreseen = await likeStore.foresee(photoId, personId);
        if (foreseen === undefined) throw noPhoto(photoId);
        return await whole(foreseen, photoId, personId);
      } catch (error) {
        if (isOfRequest(error)) throw error;
        if (isStorageAway(error)) askAgainMs = clock.now() + awayMs;
      }
    }
    const read = await photoService.readWithoutCounts(photoId, personId);
    if (read === undefined) throw noPhoto(photoId);
    const guessed = { likeCount: read.value.likeCount + 1, version: read.version, isNew: true };
    if (clock.now() < askAgainMs) return guessed;
    return whole(guessed, photoId, personId).catch(() => guessed);
  };
  const add = async (photoId: number, personId: number): Promise<LikeCount | undefined> => {
    try {
      return await likeStore.add(photoId, personId);
    } catch (error) {
      if (!isMissingReference(error)) throw error;
      throw new DarkroomError('NOT_FOUND', `There is no person ${personId}.`, { cause: error });
    }
  };
  return {
    /** Throws NOT_FOUND. Liking twice changes nothing the second time. Where storage gets it later, the count is a forecast. */
    async like(photoId: number, personId: number): Promise<LikeCount> {
      await photoService.requireShown(photoId, personId);
      return cache.write({
        expected: expectedBy('like', { photo: photoId }, areCountsApart),
        store: async () => {
          const count = await add(photoId, personId);
          if (count === undefined) throw noPhoto(photoId);
          const changed = count.isNew ? changes({ id: photoId, version: count.version }) : [];
          return { result: await whole(count, photoId, personId), changed };
        },
        deferrable: {
          kind: likeKind,
          payload: { photoId, personId } satisfies Like,
          coalescingKey: `${photoId}:${personId}`,
          answer: () => forecast(photoId, personId),
        },
      });
    },
  };
}
