import type { AccessRights } from '../access/access-rights.ts';
import type { Cache, CachedEntity, CacheRead } from '../cache/cache.ts';
import { DarkroomError } from '../errors.ts';
import type { Photo } from './photo-store.ts';

export const noPhoto = (id: number) => new DarkroomError('NOT_FOUND', `There is no photo ${id}.`);

/** Reading photos. What the cache has is the same for everybody; what a viewer is shown of it is decided afterwards. */
export function createPhotoReads(cache: Cache, rights: AccessRights, photos: CachedEntity<number, Photo>) {
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
  return {
    /** Undefined where there is no such photo for this viewer (null: logged out). */
    read: async (id: number, viewerId: number | null): Promise<CacheRead<Photo> | undefined> =>
      shownTo(viewerId, await cache.read(photos, id)),
    /** In the order of `ids`; undefined where a photo is gone, or not for this viewer. */
    async readMany(
      ids: readonly number[],
      viewerId: number | null,
    ): Promise<readonly (CacheRead<Photo> | undefined)[]> {
      const reads = await cache.readMany(photos, ids);
      return rights.seesEverybody(viewerId) ? reads : reads.map((read) => shownTo(viewerId, read));
    },
    /** Before something is done to a photo that its owner may hide. Throws NOT_FOUND. Costs nothing where nobody hides anything. */
    async requireShown(id: number, viewerId: number): Promise<void> {
      if (rights.seesEverybody(viewerId)) return;
      // An owner never changes, so that a stale entry is as good.
      const read = await cache.read(photos, id);
      if (read === undefined || !rights.maySee(viewerId, read.value.ownerId)) throw noPhoto(id);
    },
  };
}
