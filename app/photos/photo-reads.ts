import type { AccessRights } from '../access/access-rights.ts';
import type { Cache, CachedEntity, CacheRead } from '../cache/cache.ts';
import { DarkroomError } from '../errors.ts';
import type { Photo } from './photo-store.ts';

export const noPhoto = (id: number) => new DarkroomError('NOT_FOUND', `There is no photo ${id}.`);

/** A photo for its page: with how often it was viewed, where that is counted. */
export type ViewedPhoto = CacheRead<Photo> & { readonly numberOfViews?: number };

export type PhotoReads = {
  /** Undefined where there is no such photo for this viewer (null: logged out). */
  read(id: number, viewerId: number | null): Promise<CacheRead<Photo> | undefined>;
  /** The same as its page is viewed. */
  view(id: number, viewerId: number | null): Promise<ViewedPhoto | undefined>;
  /** In the order of `ids`; undefined where a photo is gone, or not for this viewer. */
  readMany(
    ids: readonly number[],
    viewerId: number | null,
  ): Promise<readonly (CacheRead<Photo> | undefined)[]>;
  /** Before something is done to a photo that its owner may hide. Throws NOT_FOUND. Costs nothing where nobody hides anything. */
  requireShown(id: number, viewerId: number): Promise<void>;
};

/** Reading photos. What the cache has is the same for everybody; what a viewer is shown of it is decided afterwards. */
export function createPhotoReads(
  cache: Cache,
  rights: AccessRights,
  photos: CachedEntity<number, Photo>,
): PhotoReads {
  /** Undefined: nothing of it. */
  const shownTo = (
    viewerId: number | null,
    read: CacheRead<Photo> | undefined,
  ): CacheRead<Photo> | undefined => {
    if (rights.seesEverybody(viewerId) || read === undefined) return read;
    const { ownerId, newestComments } = read.value;
    if (!rights.maySee(viewerId, ownerId)) return undefined;
    const shown = newestComments.filter(({ commenterUserId }) => rights.mayMeet(viewerId, commenterUserId));
    if (shown.length === newestComments.length) return read;
    return { ...read, value: { ...read.value, newestComments: shown } };
  };
  const read: PhotoReads['read'] = async (id, viewerId) => shownTo(viewerId, await cache.read(photos, id));
  return {
    read,
    view: read,
    async readMany(ids, viewerId) {
      const reads = await cache.readMany(photos, ids);
      return rights.seesEverybody(viewerId) ? reads : reads.map((read) => shownTo(viewerId, read));
    },
    async requireShown(id, viewerId) {
      if (rights.seesEverybody(viewerId)) return;
      // An owner never changes, so that a stale entry is as good.
      const found = await cache.read(photos, id);
      if (found === undefined || !rights.maySee(viewerId, found.value.ownerId)) throw noPhoto(id);
    },
  };
}
