import type { AccessRights } from '../access/access-rights.ts';
import type { Cache, CacheRead } from '../cache/cache.ts';
import { entityNames } from '../contract/entities.ts';
import { DarkroomError } from '../errors.ts';
import { decodeCursor } from '../storage/cursor.ts';
import type { ProfileGrid, ProfileStore } from './profile-store.ts';

export type ProfileService = ReturnType<typeof createProfileService>;

export type ProfileServiceParts = {
  readonly cache: Cache;
  readonly rights: AccessRights;
  readonly profileStore: ProfileStore;
};

/** A grid, or the name alone of a person who is private for this viewer. */
export type ShownGrid =
  | { readonly isShown: true; readonly read: CacheRead<ProfileGrid> }
  | { readonly isShown: false; readonly name: string };

export function createProfileService({ cache, rights, profileStore }: ProfileServiceParts) {
  const grids = cache.register<number, ProfileGrid>({
    name: entityNames.profileGrid,
    freshness: 'versioned',
    loadMany: profileStore.load,
  });
  const readPage = async (id: number, cursor: string): Promise<CacheRead<ProfileGrid> | undefined> => {
    const after = decodeCursor(cursor);
    return cache.bypass(grids, () => profileStore.loadPage(id, after));
  };
  return {
    /** As this viewer (null: logged out) may see it. Throws NOT_FOUND or INVALID_CURSOR. */
    async read(id: number, viewerId: number | null, cursor: string | undefined): Promise<ShownGrid> {
      const read = cursor === undefined ? await cache.read(grids, id) : await readPage(id, cursor);
      if (read === undefined || !rights.mayMeet(viewerId, id))
        throw new DarkroomError('NOT_FOUND', `There is no person ${id}.`);
      if (rights.maySee(viewerId, id)) return { isShown: true, read };
      return { isShown: false, name: read.value.name };
    },
  };
}
