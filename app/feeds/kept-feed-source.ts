import type { Clock } from '../clock.ts';
import { listStart } from '../storage/cursor.ts';
import type { ActiveFeeds } from './active-feeds.ts';
import type { FeedObserver } from './feed-events.ts';
import type { FeedRowsStore, KeptPage } from './feed-rows-store.ts';
import type { FeedSource } from './feed-source.ts';
import { firstPlace } from './feed-store.ts';
import type { FeedStore, PagePlace } from './feed-store.ts';

export type KeptSourceParts = {
  readonly feedStore: FeedStore;
  readonly rowsStore: FeedRowsStore;
  /** Null: none are held in memory. */
  readonly activeFeeds: ActiveFeeds | null;
  readonly clock: Clock;
  /** About how many rows a feed may have. */
  readonly feedRows: number;
  readonly observe: FeedObserver;
  readonly runInBackground: (name: string, work: Promise<unknown>) => void;
};

/** As long as a row is kept. A feed that nobody reads is gone after that, and is gathered anew when somebody does. */
export const rowLifetimeMs = 7 * 24 * 3_600_000;
/** Ten pages: few read further, and whoever does is answered by gathering. */
export const rowsPerFill = 100;
/** How many of the newest entries of a feed are held in memory. */
const activeEntries = 50;
/** Fills under way in one process. With more, the next read of the feed fills it. */
const fillsMax = 4;

/** Push: a feed is read as it was written. One that is not kept is gathered, and filled behind the answer. */
export function createKeptSource(parts: KeptSourceParts): FeedSource {
  const { feedStore, rowsStore, activeFeeds, clock } = parts;
  const fill = createFill(parts);
  const readKept = async (viewerId: number, place: PagePlace): Promise<KeptPage | undefined> => {
    const isHeld = place.from === listStart && place.limit <= activeEntries;
    if (activeFeeds === null || !isHeld) return rowsStore.load(viewerId, place);
    const page = await activeFeeds.read(viewerId, () => rowsStore.load(viewerId, firstPlace(activeEntries)));
    return page && { ...page, entries: page.entries.slice(0, place.limit) };
  };

  return {
    async read(viewerId, place) {
      const page = await readKept(viewerId, place);
      if (page === undefined) return undefined;
      const isKept = page.keptUntilMs > clock.now();
      if (!isKept) fill(viewerId);
      const isWhole = page.entries.length === place.limit || !page.isCut;
      return isKept && isWhole ? page.entries : feedStore.gather(viewerId, place);
    },
  };
}

/** Fills feeds behind the answers of those who have read them. */
function createFill({ rowsStore, clock, feedRows, observe, runInBackground }: KeptSourceParts) {
  const filling = new Set<number>();
  return (viewerId: number): void => {
    if (filling.has(viewerId) || filling.size >= fillsMax) return;
    filling.add(viewerId);
    const filled = rowsStore
      .fill(viewerId, Math.min(feedRows, rowsPerFill), clock.now() + rowLifetimeMs)
      .then(
        () => observe.filled('kept'),
        (error: unknown) => {
          observe.filled('failed');
          throw error;
        },
      )
      .finally(() => filling.delete(viewerId));
    runInBackground('fill feed', filled);
  };
}
