import { LRUCache } from 'lru-cache';
import type { Clock } from '../clock.ts';
import type { ChannelListener } from '../storage/listening.ts';
import type { ActiveUsage, FeedObserver } from './feed-events.ts';
import type { KeptPage } from './feed-rows-store.ts';

/** The newest entries of kept feeds, of those who have read theirs most recently. */
export type ActiveFeeds = {
  /** From memory, or by `load`, whose result is held where nothing has changed meanwhile. */
  read(readerId: number, load: () => Promise<KeptPage | undefined>): Promise<KeptPage | undefined>;
  /** Hears which feeds have changed. */
  readonly listener: ChannelListener;
  usage(): ActiveUsage;
};

export type ActiveFeedsOptions = {
  readonly entriesMax: number;
  readonly clock: Clock;
  readonly observe: FeedObserver;
  /** About how many bytes they may take; a few times what the newest entries of as many feeds do. */
  readonly bytesMax?: number;
};

const defaultBytesMax = 64 * 1024 * 1024;
/** Told in place of readers' ids when an epoch of kept feeds has ended. */
const everyFeed = 'all';
/** What a feed costs beside its entries: the records around it, and its place in the list. */
const feedBytes = 200;
/** An id, and a time as a text of 16 digits. */
const entryBytes = 80;

const bytesOf = ({ entries }: KeptPage): number => feedBytes + entries.length * entryBytes;

/** A load under way, and whether the feed has changed since it began. */
type Loading = { isOutdated: boolean };

/**
 * Bounded in entries and bytes; what was read longest ago goes first. Whoever changes a kept feed tells it on a channel, and the
 * feed is dropped here. While nothing can be heard, nothing is held.
 */
export function createActiveFeeds(options: ActiveFeedsOptions): ActiveFeeds {
  const { entriesMax, clock, observe, bytesMax = defaultBytesMax } = options;
  const held = new LRUCache<number, KeptPage>({
    max: entriesMax,
    maxSize: bytesMax,
    sizeCalculation: bytesOf,
    dispose: (_page, _readerId, reason) => {
      if (reason === 'evict') observe.evicted('size', 1);
    },
  });
  const loading = new Map<number, Set<Loading>>();
  const isKept = ({ keptUntilMs }: KeptPage): boolean => keptUntilMs > clock.now();
  let hears = false;

  const change = (readerId: number): void => {
    for (const load of loading.get(readerId) ?? []) load.isOutdated = true;
    if (held.delete(readerId)) observe.evicted('change', 1);
  };
  const forgetAll = (reason: 'change' | 'loss'): void => {
    for (const loads of loading.values()) for (const load of loads) load.isOutdated = true;
    if (held.size > 0) observe.evicted(reason, held.size);
    held.clear();
  };
  const recompute = async (readerId: number, load: () => Promise<KeptPage | undefined>) => {
    const own: Loading = { isOutdated: false };
    const others = loading.get(readerId) ?? new Set();
    loading.set(readerId, others.add(own));
    try {
      const page = await load();
      if (page !== undefined && isKept(page) && !own.isOutdated) held.set(readerId, page);
      return page;
    } finally {
      others.delete(own);
      if (others.size === 0) loading.delete(readerId);
    }
  };

  return {
    async read(readerId, load) {
      if (!hears) {
        observe.activeRead('bypass');
        return load();
      }
      const page = held.get(readerId);
      if (page !== undefined && isKept(page)) {
        observe.activeRead('hit');
        return page;
      }
      observe.activeRead('miss');
      observe.recomputed();
      return recompute(readerId, load);
    },
    listener: {
      notified: (payload) => {
        if (payload === everyFeed) forgetAll('change');
        else for (const id of payload.split(',')) change(Number(id));
      },
      disconnected: () => {
        hears = false;
        forgetAll('loss');
      },
      resumed: () => {
        forgetAll('loss');
        hears = true;
      },
    },
    usage: () => ({ entries: held.size, bytes: held.calculatedSize }),
  };
}
