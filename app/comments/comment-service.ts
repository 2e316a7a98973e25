import type { AccessRights } from '../access/access-rights.ts';
import type { Cache, CacheRead } from '../cache/cache.ts';
import { changedBy, expectedBy } from '../cached-entities.ts';
import { entityNames } from '../contract/entities.ts';
import { DarkroomError } from '../errors.ts';
import type { PhotoService } from '../photos/photo-service.ts';
import { decodeCursor, listStart } from '../storage/cursor.ts';
import { isMissingReference } from '../storage/refusals.ts';
import type { AddedComment, CommentPage, CommentStore, CommentsBy } from './comment-store.ts';

export type CommentService = ReturnType<typeof createCommentService>;

const noPhoto = (photoId: number) => new DarkroomError('NOT_FOUND', `There is no photo ${photoId}.`);
const noComments: CommentsBy = { comments: [], nextCursor: null };

export type CommentServiceParts = {
  readonly cache: Cache;
  readonly rights: AccessRights;
  readonly commentStore: CommentStore;
  readonly photoService: Pick<PhotoService, 'requireShown'>;
};

export function createCommentService({ cache, rights, commentStore, photoService }: CommentServiceParts) {
  const comments = cache.register<number, CommentPage>({
    name: entityNames.comments,
    freshness: 'versioned',
    loadMany: commentStore.load,
  });
  const readPage = async (photoId: number, cursor: string): Promise<CacheRead<CommentPage> | undefined> => {
    const after = decodeCursor(cursor);
    return cache.bypass(comments, () => commentStore.loadPage(photoId, after));
  };
  return {
    /** What this viewer (null: logged out) may see of them. Throws NOT_FOUND or INVALID_CURSOR. */
    async read(
      photoId: number,
      viewerId: number | null,
      cursor: string | undefined,
    ): Promise<CacheRead<CommentPage>> {
      const read =
        cursor === undefined ? await cache.read(comments, photoId) : await readPage(photoId, cursor);
      if (rights.seesEverybody(viewerId) && read !== undefined) return read;
      if (read === undefined || !rights.maySee(viewerId, read.value.ownerId)) throw noPhoto(photoId);
      const shown = read.value.comments.filter(({ commenterUserId }) =>
        rights.mayMeet(viewerId, commenterUserId),
      );
      return { ...read, value: { ...read.value, comments: shown } };
    },
    /**
     * What one person has commented on the photos of another, as far as this viewer may see it. No cache keeps it: there are as many
     * lists as pairs of people, hardly one is asked for twice, and a comment or a deleted photo would have to invalidate lists that
     * nobody knows to exist. Throws NOT_FOUND for an unknown owner, or INVALID_CURSOR; an unknown author has commented on nothing.
     */
    async readBy(
      { ownerId, authorId }: { readonly ownerId: number; readonly authorId: number },
      viewerId: number | null,
      cursor: string | undefined,
    ): Promise<CacheRead<CommentsBy>> {
      const from = cursor === undefined ? listStart : decodeCursor(cursor);
      const read = await cache.bypass(comments, async () => {
        const value = await commentStore.loadBy(ownerId, authorId, from);
        // It is no thing of its own, which a write would raise the version of.
        return value && { value, version: 0 };
      });
      if (read === undefined || !rights.maySee(viewerId, ownerId))
        throw new DarkroomError('NOT_FOUND', `There is no person ${ownerId}.`);
      return rights.mayMeet(viewerId, authorId) ? read : { ...read, value: noComments };
    },
    /** Throws NOT_FOUND when there is no such photo, for this author, or no such author. */
    async add(photoId: number, authorId: number, text: string): Promise<AddedComment> {
      await photoService.requireShown(photoId, authorId);
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
