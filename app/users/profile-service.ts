import type { Cache, CacheRead } from '../cache/cache.ts';
import { entityNames } from '../contract/entities.ts';
import { DarkroomError } from '../errors.ts';
import { decodeCursor } from '../storage/cursor.ts';
import type { ProfileGrid, ProfileStore } from './profile-store.ts';

export type ProfileService = ReturnType<typeof createProfileService>;

export function createProfileService({
  cache,
  profileStore,
}: {
  readonly cache: Cache;
  readonly profileStore: ProfileStore;
}) {
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
    /** Throws NOT_FOUND or INVALID_CURSOR. */
    async read(id: number, cursor: string | undefined): Promise<CacheRead<ProfileGrid>> {
      const read = cursor === undefined ? await cache.read(grids, id) : await readPage(id, cursor);
      if (read === undefined) throw new DarkroomError('NOT_FOUND', `There is no person ${id}.`);
      return read;
    },
  };
}
