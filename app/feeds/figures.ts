import { feedMetrics } from '../contract/feed-metrics.ts';
import { fixed, milliseconds } from '../contract/figure-text.ts';
import { counterOf, usualMargin } from '../contract/figure.ts';
import type { Figure } from '../contract/figure.ts';
import { workFigure } from '../contract/work-figure.ts';

/** Posts of the witness are left out: it posts more often than all others together, to one follower. */
const ofPeople = { posted_by: 'people' } as const;
const outboxLag = 'darkroom_outbox_lag_seconds';

/** The beginning of a round, as whoever asks has set it: the time of the same server that noted the sightings. */
const roundFrom = `coalesce(nullif(current_setting('darkroom.round_from', true), '')::timestamptz, '-infinity')`;

/**
 * Of the sightings of the round alone: rounds have to be independent of each other to be compared, and a quantile of all sightings so
 * far would make each like the one before. So p99 of a round with few sightings lies near its latest.
 */
function visible(quantile: 0.5 | 0.99): Figure {
  const title = `p${quantile * 100}`;
  return {
    name: `postVisibleMsP${quantile * 100}`,
    meaning: `${title} of the time from the answer to a post until a follower who polls sees it, of the posts that were first seen in a round${about[quantile]}; one that was given up counts as long as it was waited for, and what is unseen at the end is missing`,
    unit: 'ms',
    from: {
      query: `SELECT percentile_cont(${quantile}) WITHIN GROUP (ORDER BY seen_after_ms) AS value FROM feed_sightings WHERE noted_at > ${roundFrom}`,
    },
    per: null,
    scale: 'ratio',
    better: 'less',
    margin: () => visibleMargin,
    write: milliseconds,
    title,
    table: 'responses',
    column: 'post visible',
    words: `${title} of the time until a post is seen`,
  };
}

/** One post a second is seen at most. */
const about = { 0.5: '', 0.99: ' (so few that it lies near the latest of them)' } as const;

/** The follower looks ten times a second: differences below a tenth are the polling's. */
const visibleMargin = Math.log(1.1);

const fanOut: Figure = {
  name: 'fanOutRowsPerPost',
  meaning: 'rows written into feeds of followers per post; 0 where feeds are pulled, none where nobody posts',
  unit: 'rows per post',
  from: counterOf(feedMetrics.feedFanOutRows, ofPeople),
  per: counterOf(feedMetrics.feedPosts, ofPeople),
  whenNone: ({ feed = 'pull' }) => (feed === 'pull' ? 0 : null),
  scale: 'plain',
  better: 'less',
  margin: (other) => Math.max(0.5, other * 0.05),
  write: fixed(1),
  title: 'rows/post',
  table: 'costs',
  lacking: '–',
  words: 'rows that a post writes into feeds',
};

const stored: Figure = {
  name: 'feedRowsStored',
  meaning: 'rows of feeds in the database at the end of a round',
  unit: 'rows',
  from: { query: 'SELECT count(*) AS value FROM feed_rows' },
  per: null,
  scale: 'plain',
  better: 'less',
  margin: (other) => Math.max(100, other * 0.05),
  write: (value) => Math.round(value).toLocaleString('en-US'),
  title: 'feed rows',
  table: 'costs',
  words: 'rows of feeds in the database',
};

const lag: Figure = {
  name: 'outboxLagSeconds',
  meaning: 'mean time from an action to the moment at which all consumers of the outbox have seen to it',
  unit: 's',
  from: { counter: `${outboxLag}_sum` },
  per: { counter: `${outboxLag}_count` },
  scale: 'ratio',
  better: 'less',
  margin: () => usualMargin,
  write: (seconds) => milliseconds(seconds * 1_000),
  title: 'outbox lag',
  table: 'costs',
  lacking: '–',
  words: 'lag of the outbox',
};

/** What is measured of feeds. */
export const feedFigures: readonly Figure[] = [
  visible(0.5),
  visible(0.99),
  fanOut,
  stored,
  lag,
  workFigure('feedFills', 'filled', counterOf(feedMetrics.feedFills), 'feeds that were gathered to be kept'),
  workFigure(
    'activeFeedHits',
    'active hits',
    counterOf(feedMetrics.feedActiveReads, { result: 'hit' }),
    'feeds that were in the memory of the replica',
  ),
  workFigure(
    'feedRecomputes',
    'recomputed',
    counterOf(feedMetrics.feedRecomputes),
    feedMetrics.feedRecomputes.help.toLowerCase(),
  ),
  workFigure(
    'activeFeedEvictions',
    'evicted',
    counterOf(feedMetrics.feedActiveEvictions, { reason: 'size' }),
    'feeds that had to go from memory for room',
  ),
];
