import { DarkroomError } from '../errors.ts';
import type { Counted } from './counter.ts';
import type { CounterService } from './counter-service.ts';
import type { OwnLikes } from './own-likes.ts';

/** What counters say of the photo service's rows, on top of what the rows themselves do. */
export type CountsOnTop = {
  /**
   * In the order of the photos: how many likes have come since they are counted apart or, below zero, gone. What the viewer (null:
   * logged out) has liked is in it, however late the count is.
   */
  likesOf(photoIds: readonly number[], viewerId: number | null): Promise<readonly number[]>;
  followersOf(personId: number): Promise<number>;
  /** Counts a view of the photo. How many there were, with this one; undefined: nobody counts them, or nobody knows. */
  countView(photoId: number): Promise<number | undefined>;
};

export type CountsOnTopParts = {
  readonly counters: Pick<CounterService, 'getMany' | 'addAndGet'>;
  /** Null: counts come with the commit, or nobody knows what is in them. */
  readonly ownLikes: OwnLikes | null;
  /** Whether views are counted: in Redis, since each reader of a page is one. */
  readonly areViewsCounted: boolean;
};

/** Counts that are kept in Redis alone may be wrong, and so a page is shown without them while it is away. All others are asked for. */
async function unlessCacheIsAway<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof DarkroomError && error.code === 'COUNTER_CACHE_UNAVAILABLE') return undefined;
    throw error;
  }
}

export function createCountsOnTop({ counters, ownLikes, areViewsCounted }: CountsOnTopParts): CountsOnTop {
  const countsOf = async (namespace: string, ids: readonly number[]): Promise<readonly Counted[]> => {
    const keys = ids.map((id) => ({ namespace, counter: String(id) }));
    return (await unlessCacheIsAway(counters.getMany(keys))) ?? [];
  };
  const ownOf = (viewerId: number | null, photoIds: readonly number[]) =>
    viewerId === null || ownLikes === null ? [] : ownLikes.of(viewerId, photoIds);
  return {
    async likesOf(photoIds, viewerId) {
      if (photoIds.length === 0) return [];
      const [counts, own] = await Promise.all([countsOf('likes', photoIds), ownOf(viewerId, photoIds)]);
      return photoIds.map((_, index) => {
        const { count, rolledUpToMs } = counts[index] ?? unknown;
        const isOwnMissing = (own[index] ?? -Infinity) > (rolledUpToMs ?? 0);
        return count + (isOwnMissing ? 1 : 0);
      });
    },
    async followersOf(personId) {
      const [{ count } = unknown] = await countsOf('followers', [personId]);
      return count;
    },
    async countView(photoId) {
      if (!areViewsCounted) return undefined;
      const key = { namespace: 'views', counter: String(photoId) };
      return (await unlessCacheIsAway(counters.addAndGet(key, { delta: 1 })))?.count;
    },
  };
}

const unknown: Counted = { count: 0, rolledUpToMs: null };
