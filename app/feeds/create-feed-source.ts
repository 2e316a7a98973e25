import type { Clock } from '../clock.ts';
import type { Storage } from '../storage/postgres.ts';
import { createActiveFeeds } from './active-feeds.ts';
import type { ActiveFeeds } from './active-feeds.ts';
import { feedChannel } from './fan-out-store.ts';
import type { FeedObserver } from './feed-events.ts';
import { createFeedRowsStore } from './feed-rows-store.ts';
import { createHybridSource, createPullSource } from './feed-source.ts';
import type { FeedSource, InSpan } from './feed-source.ts';
import { createFeedStore } from './feed-store.ts';
import { createKeptSource } from './kept-feed-source.ts';
import type { FeedSettings } from './system.ts';

export type FeedSourceOptions = {
  readonly settings: FeedSettings;
  readonly storage: Storage;
  readonly clock: Clock;
  readonly observe: FeedObserver;
  readonly inSpan: InSpan;
  readonly runInBackground: (name: string, work: Promise<unknown>) => void;
};

/** What a candidate's feeds are read from, and what of them is held in memory; null: nothing. */
export function createFeedSource(options: FeedSourceOptions): {
  readonly feedSource: FeedSource;
  readonly activeFeeds: ActiveFeeds | null;
} {
  const { settings, storage, clock, observe, inSpan } = options;
  const feedStore = createFeedStore(storage);
  if (settings.feed === 'pull') return { feedSource: createPullSource(feedStore), activeFeeds: null };
  const activeFeeds = listenForActive(options);
  const kept = createKeptSource({
    feedStore,
    rowsStore: createFeedRowsStore(storage),
    activeFeeds,
    clock,
    feedRows: settings.feedRows,
    observe,
    runInBackground: options.runInBackground,
  });
  const feedSource = settings.feed === 'push' ? kept : createHybridSource(kept, feedStore, inSpan);
  return { feedSource, activeFeeds };
}

/** Until the first word from storage nothing is held; closing storage ends the listening. */
function listenForActive({ settings, storage, clock, observe }: FeedSourceOptions): ActiveFeeds | null {
  if (settings.activeFeeds === 0) return null;
  const activeFeeds = createActiveFeeds({ entriesMax: settings.activeFeeds, clock, observe });
  storage.listen(feedChannel, activeFeeds.listener);
  return activeFeeds;
}
