import type { Cache, CachedEntity, CacheRead } from '../cache/cache.ts';
import { entityNames } from '../cached-entities.ts';
import type { Photo, PhotoService } from '../photos/photo-service.ts';
import { decodeCursor } from '../storage/cursor.ts';
import type { FeedIds, FeedStore } from './feed-store.ts';

/** One page of a feed: how its ids were read, and the photos that are still there. */
export type FeedPage = {
  readonly ids: CacheRead<FeedIds>;
  readonly photos: readonly CacheRead<Photo>[];
};

export type FeedService = ReturnType<typeof createFeedService>;
export type FeedServiceParts = {
  readonly cache: Cache;
  readonly feedStore: FeedStore;
  readonly photoService: PhotoService;
};

/**
 * A feed caches ids only, and reads the photos by themselves: a like changes one small entry, not every feed that shows the
 * photo. Pages behind the first are read from storage.
 */
export function createFeedService({ cache, feedStore, photoService }: FeedServiceParts) {
  const feeds: CachedEntity<number, FeedIds> = {
    name: entityNames.feed,
    freshness: 'ttl',
    loadMany: async (viewerIds) => {
      const pages = viewerIds.map(
        async (id) => [id, { value: await feedStore.loadFirstPage(id), version: 0 }] as const,
      );
      return new Map(await Promise.all(pages));
    },
  };
  const readIds = async (viewerId: number, cursor: string | undefined): Promise<CacheRead<FeedIds>> => {
    if (cursor !== undefined) {
      const value = await feedStore.loadPage(viewerId, decodeCursor(cursor));
      return { value, version: 0, outcome: 'bypass', freshForMs: 0 };
    }
    return (await cache.read(feeds, viewerId)) as CacheRead<FeedIds>;
  };
  return {
    /** Throws INVALID_CURSOR. A person who follows nobody, or does not exist, has an empty feed. */
    async read(viewerId: number, cursor: string | undefined): Promise<FeedPage> {
      const ids = await readIds(viewerId, cursor);
      const photos = await photoService.readMany(ids.value.ids);
      return { ids, photos: photos.filter((photo) => photo !== undefined) };
    },
  };
}
