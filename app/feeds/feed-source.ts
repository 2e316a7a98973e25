import type { FeedEntry, FeedStore, PagePlace } from './feed-store.ts';

/** Where the pages of feeds come from: what a candidate chooses with `feed`. */
export type FeedSource = {
  /** Newest first. Fewer than asked for: the feed ends there. Undefined when there is no such person. */
  readonly read: (viewerId: number, place: PagePlace) => Promise<readonly FeedEntry[] | undefined>;
};

/** Makes a span of work, where the request is traced. */
export type InSpan = <T>(name: string, work: () => Promise<T>) => Promise<T>;

/** Pull: everything is gathered when it is read. */
export const createPullSource = (store: FeedStore): FeedSource => ({
  read: (viewerId, place) => store.gather(viewerId, place),
});

/**
 * Hybrid: what is kept, and beside it, at the same time, what celebrities have posted, which nobody has written into it. A post may
 * be on both sides: of an author whose followers have become so many, or so few.
 */
export function createHybridSource(kept: FeedSource, store: FeedStore, inSpan: InSpan): FeedSource {
  return {
    async read(viewerId, place) {
      const [own, ofCelebrities] = await Promise.all([
        inSpan('feed.kept', () => kept.read(viewerId, place)),
        inSpan('feed.celebrities', () => store.gatherPulled(viewerId, place)),
      ]);
      return own && mergeNewestFirst(own, ofCelebrities).slice(0, place.limit);
    },
  };
}

/** By time, then by id, each post once. */
function mergeNewestFirst(some: readonly FeedEntry[], others: readonly FeedEntry[]): readonly FeedEntry[] {
  if (others.length === 0) return some;
  const all = new Map([...some, ...others].map((entry) => [entry.id, entry]));
  return [...all.values()].sort((a, b) => Number(b.created_at_us) - Number(a.created_at_us) || b.id - a.id);
}
