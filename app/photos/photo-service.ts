import type { AccessRights } from '../access/access-rights.ts';
import type { Cache } from '../cache/cache.ts';
import { changedBy, expectedBy } from '../cached-entities.ts';
import { entityNames } from '../contract/entities.ts';
import { operations } from '../contract/operations.ts';
import { DarkroomError } from '../errors.ts';
import type { CountsOnTop } from '../counters/counts-on-top-service.ts';
import { withCountsOnTop } from './counted-photo-reads.ts';
import { createPhotoReads, noPhoto } from './photo-reads.ts';
import type { AddedPhoto, NewPhoto, Photo, PhotoStore } from './photo-store.ts';
import type { RenditionService } from './rendition-service.ts';

export type { Photo };
export type PostedPhoto = NewPhoto & AddedPhoto;

export type PhotoService = ReturnType<typeof createPhotoService>;
export type PhotoServiceParts = {
  readonly cache: Cache;
  readonly rights: AccessRights;
  readonly photoStore: PhotoStore;
  readonly renditions: Pick<RenditionService, 'keep'>;
  /** Null: likes are counted in the rows of the photos. */
  readonly countsOnTop: CountsOnTop | null;
};

/** Reading, posting and changing photos. */
export function createPhotoService(parts: PhotoServiceParts) {
  const { cache, rights, photoStore, renditions, countsOnTop } = parts;
  const photos = cache.register<number, Photo>({
    name: entityNames.photo,
    freshness: 'versioned',
    loadMany: photoStore.load,
  });

  const reads = createPhotoReads(cache, rights, photos);

  const refuseChange = async (id: number, viewerId: number): Promise<never> => {
    const ownerId = await photoStore.ownerOf(id);
    if (ownerId === undefined || !rights.maySee(viewerId, ownerId)) throw noPhoto(id);
    throw new DarkroomError('FORBIDDEN', 'Only the owner may change a photo.');
  };

  return {
    ...(countsOnTop === null ? reads : withCountsOnTop(reads, countsOnTop)),
    /** As `read`, with no more likes than the row of the photo has: nobody is asked for those that are counted apart. */
    readWithoutCounts: reads.read,
    /** Keeps the renditions, then the row. Throws what `keep` says, or NOT_FOUND when there is no such owner. */
    async post(ownerId: number, caption: string, upload: Buffer): Promise<PostedPhoto> {
      const photo: NewPhoto = { ownerId, caption, ...(await renditions.keep(upload)) };
      return cache.write({
        expected: expectedBy('post', { profileGrid: ownerId }),
        store: async () => {
          const added = await photoStore.add(photo);
          if (added === undefined) throw new DarkroomError('NOT_FOUND', `There is no person ${ownerId}.`);
          const created = { id: added.id, version: 1 };
          const changed = changedBy('post', {
            photo: created,
            comments: created,
            profileGrid: { id: ownerId, version: added.gridVersion },
          });
          return { result: { ...photo, ...added }, changed };
        },
      });
    },
    /** The new version. Throws NOT_FOUND or FORBIDDEN. */
    changeCaption: (id: number, viewerId: number, caption: string): Promise<number> =>
      cache.write({
        expected: expectedBy('editCaption', { photo: id }),
        store: async () => {
          const version =
            (await photoStore.changeCaption(id, viewerId, caption)) ?? (await refuseChange(id, viewerId));
          return { result: version, changed: changedBy('editCaption', { photo: { id, version } }) };
        },
      }),
    /** Throws NOT_FOUND or FORBIDDEN. */
    remove: (id: number, viewerId: number): Promise<void> =>
      cache.write({
        expected: expectedBy('deletePhoto', { photo: id, comments: id, profileGrid: viewerId }),
        removes: operations.deletePhoto.removes,
        store: async () => {
          const removed = (await photoStore.remove(id, viewerId)) ?? (await refuseChange(id, viewerId));
          const changed = changedBy('deletePhoto', {
            photo: { id, version: removed.version },
            comments: { id, version: removed.commentsVersion },
            profileGrid: { id: viewerId, version: removed.gridVersion },
          });
          return { result: undefined, changed };
        },
      }),
  };
}
