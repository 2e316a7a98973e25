import type { Cache, CacheRead } from '../cache/cache.ts';
import { changedBy, expectedBy } from '../cached-entities.ts';
import { entityNames } from '../contract/entities.ts';
import { DarkroomError } from '../errors.ts';
import { decodeCursor } from '../storage/cursor.ts';
import { isMissingReference } from '../storage/refusals.ts';
import type { AddedComment, CommentPage, CommentStore } from './comment-store.ts';

export type CommentService = ReturnType<typeof createCommentService>;

export function createCommentService({
  cache,
  commentStore,
}: {
  readonly cache: Cache;
  readonly commentStore: CommentStore;
}) {
  const comments = cache.register<number, CommentPage>({
    name: entityNames.comments,
    freshness: 'versioned',
    loadMany: commentStore.load,
  });
  const readPage = async (photoId: number, cursor: string): Promise<CacheRead<CommentPage> | undefined> => {
    const after = decodeCursor(cursor);
    return cache.bypass(comments, () => commentStore.loadPage(photoId, after));
  };
  const noPhoto = (photoId: number) => new DarkroomError('NOT_FOUND', `There is no photo ${photoId}.`);
  return {
    /** Throws NOT_FOUND or INVALID_CURSOR. */
    async read(photoId: number, cursor: string | undefined): Promise<CacheRead<CommentPage>> {
      const read =
        cursor === undefined ? await cache.read(comments, photoId) : await readPage(photoId, cursor);
      if (read === undefined) throw noPhoto(photoId);
      return read;
    },
    /** Throws NOT_FOUND when there is no such photo or author. */
    async add(photoId: number, authorId: number, text: string): Promise<AddedComment> {
      const store = async () => {
        const added = await commentStore.add(photoId, authorId, text);
        if (added === undefined) throw noPhoto(photoId);
        const changed = changedBy('comment', {
          photo: { id: photoId, version: added.photoVersion },
          comments: { id: photoId, version: added.commentsVersion },
        });
        return { result: added, changed };
      };
      try {
        return await cache.write({
          expected: expectedBy('comment', { photo: photoId, comments: photoId }),
          store,
        });
      } catch (error) {
        if (!isMissingReference(error)) throw error;
        throw new DarkroomError('NOT_FOUND', `There is no person ${authorId}.`, { cause: error });
      }
    },
  };
}
