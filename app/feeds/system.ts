import { choice, wholeNumber } from '../contract/axis-kinds.ts';
import { fallbacksOf } from '../contract/axis.ts';
import type { Axes, ValuesOf } from '../contract/axis.ts';
import type { ProcessKind } from '../contract/process-kind.ts';
import type { SystemDefinition } from '../contract/system.ts';
import { feedFigures } from './figures.ts';

const axes = {
  feed: {
    field: 'feed',
    meaning:
      'pull: a feed is gathered when it is read; push: each post is written into the feeds of its followers; hybrid: pushed, but pulled of celebrities',
    fallback: 'pull',
    matters: 'all',
    ...choice(['pull', 'push', 'hybrid']),
  },
  outbox: {
    field: 'outbox',
    meaning: 'whether actions are told to consumers in a worker; on by itself where feeds are pushed',
    fallback: 'off',
    matters: 'all',
    ...choice(['off', 'on']),
  },
  celebrity: {
    field: 'celebrityFollowers',
    meaning: 'with feed=hybrid: an author with so many followers, or more, is not fanned out',
    fallback: 1_000,
    matters: 'all',
    ...wholeNumber(1, 10_000_000),
  },
  'feed-rows': {
    field: 'feedRows',
    meaning: 'about how many rows are kept for each reader; what lies deeper is gathered',
    fallback: 500,
    matters: 'all',
    ...wholeNumber(10, 10_000),
  },
  active: {
    field: 'activeFeeds',
    meaning: 'how many kept feeds of active people each replica holds in memory; 0: none',
    fallback: 0,
    matters: 'all',
    ...wholeNumber(0, 1_000_000),
  },
  workers: {
    field: 'workers',
    meaning: 'how many processes work on the outbox',
    fallback: 1,
    matters: 'all',
    ...wholeNumber(1, 16),
  },
} as const satisfies Axes;

/** What a candidate chooses of feeds. */
export type FeedSettings = ValuesOf<typeof axes>;

/** What is pushed goes through the outbox. */
function complete(given: Partial<FeedSettings>): FeedSettings {
  const usual = { ...fallbacksOf(axes), ...given };
  return { ...usual, outbox: given.outbox ?? (usual.feed === 'pull' ? 'off' : 'on') };
}

function refuses({ feed, outbox }: FeedSettings, given: ReadonlySet<string>): string | null {
  if (feed !== 'pull' && outbox === 'off')
    return `feed=${feed} is written by consumers of the outbox: leave outbox=off out.`;
  if (given.has('celebrity') && feed !== 'hybrid')
    return `"celebrity" means something with feed=hybrid only: feed=${feed} treats all authors alike.`;
  const ofKept = ['feed-rows', 'active'].find((name) => given.has(name));
  if (ofKept !== undefined && feed === 'pull')
    return `"${ofKept}" is of feeds that are kept, and feed=pull keeps none: take feed=push or feed=hybrid.`;
  if (given.has('workers') && outbox === 'off')
    return '"workers" work on the outbox, which is off: add outbox=on, or take feed=push or feed=hybrid.';
  return null;
}

const workers = (count: number): ProcessKind => ({
  name: 'worker',
  entry: 'worker.ts',
  count,
  takesLoad: false,
  isScraped: true,
});

/** How feeds come about: gathered when they are read, written when something is posted, or both. */
export const feedsSystem: SystemDefinition<typeof axes> = {
  name: 'feeds',
  summary: 'whether feeds are gathered when they are read, or written when something is posted',
  axes,
  complete,
  refuses,
  redisUses: () => [],
  processes: ({ outbox, workers: count }) => (outbox === 'on' ? [workers(count)] : []),
  witnesses: [
    { name: 'feed-witness', entry: 'feed-witness.ts', count: 1, takesLoad: false, isScraped: false },
  ],
  figures: feedFigures,
  workHeading: 'Per 1,000 requests, of the feeds that are kept:',
};
