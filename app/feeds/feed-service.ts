import type { Cache, CacheRead } from '../cache/cache.ts';
import type { Clock } from '../clock.ts';
import { entityNames, pageSizes } from '../contract/entities.ts';
import type { Photo, PhotoService } from '../photos/photo-service.ts';
import { DarkroomError } from '../errors.ts';
import { decodeCursor, listStart, toPage } from '../storage/cursor.ts';
import type { Position } from '../storage/cursor.ts';
import { decodeRankedCursor, encodeRankedCursor, rank, startOfWindow } from './feed-ranking.ts';
import type { RankedPlace } from './feed-ranking.ts';
import type { FeedSource } from './feed-source.ts';

/** The ids of one page of a feed, newest first. */
export type FeedIds = { readonly ids: readonly number[]; readonly nextCursor: string | null };

/** One page of a feed: how its ids were read, and the photos that are still there. */
export type FeedPage = {
  readonly ids: CacheRead<FeedIds>;
  readonly photos: readonly CacheRead<Photo>[];
};

/** `time`: the newest first. `ranked`: of the newest, those first of which most was made. */
export type FeedOrder = 'time' | 'ranked';

export type FeedService = ReturnType<typeof createFeedService>;
export type FeedServiceParts = {
  readonly cache: Cache;
  readonly feedSource: FeedSource;
  readonly photoService: PhotoService;
  readonly clock: Clock;
  /** How long the ids of a first page are answered with; no write invalidates them. */
  readonly lifetimeMs: number;
};

/** So many of the newest are ranked at once: what lies behind them comes after all of them. */
const rankedWindow = 50;

/**
 * A feed caches ids only, and reads the photos by themselves: a like changes one small entry, not every feed that shows the
 * photo. Pages behind the first, and ranked ones, are read from storage.
 */
export function createFeedService(parts: FeedServiceParts) {
  const { cache, feedSource, photoService, clock, lifetimeMs } = parts;
  const load = async (viewerId: number, from: Position, size: number = pageSizes.feed) => {
    const entries = await feedSource.read(viewerId, { from, limit: size + 1 });
    if (entries === undefined) return undefined;
    const { page, nextCursor } = toPage(entries, size);
    return { value: { ids: page.map(({ id }) => id), nextCursor, entries: page }, version: 0 };
  };
  const feeds = cache.register<number, FeedIds>({
    name: entityNames.feed,
    freshness: { ttlMs: lifetimeMs },
    loadMany: async (viewerIds) => {
      const pages = await Promise.all(viewerIds.map(async (id) => ({ id, page: await load(id, listStart) })));
      return new Map(
        pages.flatMap(({ id, page }) => {
          if (page === undefined) return [];
          const { ids, nextCursor } = page.value;
          return [[id, { value: { ids, nextCursor }, version: 0 }] as const];
        }),
      );
    },
  });
  const readPage = async (viewerId: number, cursor: string): Promise<CacheRead<FeedIds> | undefined> => {
    const after = decodeCursor(cursor);
    return cache.bypass(feeds, () => load(viewerId, after));
  };
  /** Those that the viewer may see. */
  const photosOf = async (ids: readonly number[], viewerId: number): Promise<readonly CacheRead<Photo>[]> => {
    const photos = await photoService.readMany(ids, viewerId);
    return photos.filter((photo) => photo !== undefined);
  };
  const requirePerson = <T>(viewerId: number, found: T | undefined): T => {
    if (found !== undefined) return found;
    throw new DarkroomError('NOT_FOUND', `There is no person ${viewerId}.`);
  };

  /** Pages of a window, then the window behind it. What is posted meanwhile comes before the window, and moves nothing in it. */
  const readRanked = async (viewerId: number, cursor: string | undefined): Promise<FeedPage> => {
    const { from, offset } =
      cursor === undefined ? { from: listStart, offset: 0 } : decodeRankedCursor(cursor);
    const found = await cache.bypass(feeds, () => load(viewerId, from, rankedWindow));
    const read = requirePerson(viewerId, found);
    const { ids, entries, nextCursor: behind } = read.value;
    const photos = rank(await photosOf(ids, viewerId), ({ value }) => value, clock.now());
    const end = offset + pageSizes.feed;
    const next: RankedPlace | null =
      end < photos.length
        ? { from: startOfWindow(entries), offset: end }
        : behind === null
          ? null
          : { from: decodeCursor(behind), offset: 0 };
    const nextCursor = next === null ? null : encodeRankedCursor(next);
    return { ids: { ...read, value: { ids, nextCursor } }, photos: photos.slice(offset, end) };
  };

  return {
    /** Throws NOT_FOUND or INVALID_CURSOR. A person who follows nobody has an empty feed. */
    async read(viewerId: number, cursor: string | undefined, order: FeedOrder = 'time'): Promise<FeedPage> {
      if (order === 'ranked') return readRanked(viewerId, cursor);
      const found =
        cursor === undefined ? await cache.read(feeds, viewerId) : await readPage(viewerId, cursor);
      const ids = requirePerson(viewerId, found);
      return { ids, photos: await photosOf(ids.value.ids, viewerId) };
    },
  };
}
