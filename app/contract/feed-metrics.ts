import type { Metric } from './metric.ts';

/** What is told of feeds: by the worker that writes them, and by the replicas that read them. */
export const feedMetrics = {
  /** `posted_by` is people or witness: the witness of an experiment posts more often than people do. */
  feedFanOutRows: {
    name: 'darkroom_feed_fanout_rows_total',
    type: 'counter',
    help: 'Rows that posts have written into the feeds of followers',
    labels: ['posted_by'],
  },
  /** Ways pushed (its rows were written), pulled (its author has too many followers, so feeds gather it). */
  feedPosts: {
    name: 'darkroom_feed_posts_total',
    type: 'counter',
    help: 'Posts that the fan-out has seen to',
    labels: ['posted_by', 'way'],
  },
  /** Outcomes kept, failed. */
  feedFills: {
    name: 'darkroom_feed_fills_total',
    type: 'counter',
    help: 'Feeds that were gathered and kept, since they were not there or had expired',
    labels: ['outcome'],
  },
  /** Results hit, miss, bypass (while the replica does not hear of changes). */
  feedActiveReads: {
    name: 'darkroom_feed_active_reads_total',
    type: 'counter',
    help: 'Reads of the feeds of active people in this process',
    labels: ['result'],
  },
  feedRecomputes: {
    name: 'darkroom_feed_recomputes_total',
    type: 'counter',
    help: 'Feeds of active people that were read anew from storage',
    labels: [],
  },
  /** Reasons size (no room), change (something was written into it), loss (changes may have been missed). */
  feedActiveEvictions: {
    name: 'darkroom_feed_active_evictions_total',
    type: 'counter',
    help: 'Feeds of active people that had to go',
    labels: ['reason'],
  },
  feedActiveEntries: {
    name: 'darkroom_feed_active_entries',
    type: 'gauge',
    help: 'Feeds of active people in this process',
    labels: [],
  },
  feedActiveSize: {
    name: 'darkroom_feed_active_size_bytes',
    type: 'gauge',
    help: 'Bytes of the feeds of active people in this process, about',
    labels: [],
  },
} as const satisfies Record<string, Metric>;
