import { choice, wholeNumber } from '../contract/axis-kinds.ts';
import { fallbacksOf } from '../contract/axis.ts';
import type { Axes, ValuesOf } from '../contract/axis.ts';
import type { SystemDefinition } from '../contract/system.ts';

const axes = {
  feed: {
    field: 'feed',
    meaning:
      'whether a feed is gathered when it is read, or written to when somebody posts; hybrid: by followers',
    fallback: 'pull',
    matters: 'all',
    ...choice(['pull', 'push', 'hybrid']),
  },
  outbox: {
    field: 'outbox',
    meaning: 'whether each action leaves a message for the worker; always with push and hybrid',
    fallback: 'off',
    matters: 'all',
    ...choice(['off', 'on']),
  },
  celebrity: {
    field: 'celebrityFollowers',
    meaning: 'followers from which on an author is gathered and not written to feeds, with feed=hybrid',
    fallback: 1_000,
    matters: 'all',
    ...wholeNumber(1, 100_000_000),
  },
  'feed-rows': {
    field: 'feedRows',
    meaning: 'posts that are kept in a written feed',
    fallback: 500,
    matters: 'all',
    ...wholeNumber(10, 100_000),
  },
  active: {
    field: 'activeFeeds',
    meaning: 'feeds of active people that each replica keeps; 0: none',
    fallback: 0,
    matters: 'all',
    ...wholeNumber(0, 1_000_000),
  },
  workers: {
    field: 'workers',
    meaning: 'worker processes, which do what follows from actions',
    fallback: 1,
    matters: 'all',
    ...wholeNumber(1, 16),
  },
} as const satisfies Axes;

type FeedValues = ValuesOf<typeof axes>;

const fallbacks = fallbacksOf(axes);

/** What is written to feeds is written by a worker, which hears of posts by the outbox. */
function complete(given: Partial<FeedValues>): FeedValues {
  const feed = given.feed ?? fallbacks.feed;
  return { ...fallbacks, outbox: feed === 'pull' ? 'off' : 'on', ...given };
}

function refuses({ feed, outbox }: FeedValues, given: ReadonlySet<string>): string | null {
  if (feed !== 'pull' && outbox === 'off')
    return `feed=${feed} is written by a worker, which hears of posts by the outbox; leave outbox=off out.`;
  if (feed !== 'hybrid' && given.has('celebrity'))
    return '"celebrity" says who is gathered with feed=hybrid, and has no meaning without it.';
  if (feed === 'pull' && given.has('feed-rows'))
    return '"feed-rows" is of feeds that are written; it needs feed=push or feed=hybrid.';
  if (outbox === 'off' && given.has('workers'))
    return '"workers" work off the outbox; it needs outbox=on, feed=push or feed=hybrid.';
  return null;
}

/** The feeds: gathered, written, or both. */
export const feedsSystem: SystemDefinition<typeof axes> = {
  name: 'feeds',
  summary: 'whether feeds are gathered when they are read, or written when somebody posts',
  axes,
  complete,
  refuses,
  redisUses: () => [],
  processes: ({ outbox, workers }) =>
    outbox === 'on'
      ? [{ name: 'worker', entry: 'worker.ts', count: workers, takesLoad: false, isScraped: true }]
      : [],
  figures: [],
};
