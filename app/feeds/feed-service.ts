import type { Cache, CacheRead } from '../cache/cache.ts';
import { entityNames } from '../contract/entities.ts';
import type { Photo, PhotoService } from '../photos/photo-service.ts';
import { DarkroomError } from '../errors.ts';
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
  /** How long the ids of a first page are answered with; no write invalidates them. */
  readonly lifetimeMs: number;
};

/**
 * A feed caches ids only, and reads the photos by themselves: a like changes one small entry, not every feed that shows the
 * photo. Pages behind the first are read from storage.
 */
export function createFeedService({ cache, feedStore, photoService, lifetimeMs }: FeedServiceParts) {
  const feeds = cache.register<number, FeedIds>({
    name: entityNames.feed,
    freshness: { ttlMs: lifetimeMs },
    loadMany: async (viewerIds) => {
      const pages = await Promise.all(
        viewerIds.map(async (id) => ({ id, value: await feedStore.loadFirstPage(id) })),
      );
      return new Map(
        pages.flatMap(({ id, value }) => (value === undefined ? [] : [[id, { value, version: 0 }] as const])),
      );
    },
  });
  const readPage = async (viewerId: number, cursor: string): Promise<CacheRead<FeedIds> | undefined> => {
    const after = decodeCursor(cursor);
    return cache.bypass(feeds, async () => {
      const value = await feedStore.loadPage(viewerId, after);
      return value && { value, version: 0 };
    });
  };
  return {
    /** Throws NOT_FOUND or INVALID_CURSOR. A person who follows nobody has an empty feed. */
    async read(viewerId: number, cursor: string | undefined): Promise<FeedPage> {
      const ids = cursor === undefined ? await cache.read(feeds, viewerId) : await readPage(viewerId, cursor);
      if (ids === undefined) throw new DarkroomError('NOT_FOUND', `There is no person ${viewerId}.`);
      const photos = await photoService.readMany(ids.value.ids);
      return { ids, photos: photos.filter((photo) => photo !== undefined) };
    },
  };
}
