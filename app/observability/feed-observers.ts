import { feedMetrics } from '../contract/feed-metrics.ts';
import type { ActiveUsage, FanOutObserver, FeedObserver } from '../feeds/feed-events.ts';
import type { MetricsRegistry } from './metrics-registry.ts';
import { registerCounter, registerGauge } from './registered.ts';

/** Counts what readers of feeds tell. */
export function createFeedObserver(registry: MetricsRegistry): FeedObserver {
  const reads = registerCounter(
    registry,
    feedMetrics.feedActiveReads,
    ['hit', 'miss', 'bypass'].map((result) => ({ result })),
  );
  const evictions = registerCounter(
    registry,
    feedMetrics.feedActiveEvictions,
    ['size', 'change', 'loss'].map((reason) => ({ reason })),
  );
  const fills = registerCounter(
    registry,
    feedMetrics.feedFills,
    ['kept', 'failed'].map((outcome) => ({ outcome })),
  );
  const recomputes = registerCounter(registry, feedMetrics.feedRecomputes);
  return {
    activeRead: (result) => reads.inc({ result }),
    recomputed: () => recomputes.inc(),
    evicted: (reason, count) => evictions.inc({ reason }, count),
    filled: (outcome) => fills.inc({ outcome }),
  };
}

/** Tells how many feeds of active people are in memory. */
export function watchActiveFeeds(registry: MetricsRegistry, usage: () => ActiveUsage): void {
  registerGauge(registry, feedMetrics.feedActiveEntries, () => [[{}, usage().entries]]);
  registerGauge(registry, feedMetrics.feedActiveSize, () => [[{}, usage().bytes]]);
}

/** Counts what the fan-out tells. */
export function createFanOutObserver(registry: MetricsRegistry): FanOutObserver {
  const authors = ['people', 'witness'];
  const rows = registerCounter(
    registry,
    feedMetrics.feedFanOutRows,
    authors.map((posted_by) => ({ posted_by })),
  );
  const posts = registerCounter(
    registry,
    feedMetrics.feedPosts,
    authors.flatMap((posted_by) => ['pushed', 'pulled'].map((way) => ({ posted_by, way }))),
  );
  return {
    posted: ({ postedBy, way, rows: written }) => {
      posts.inc({ posted_by: postedBy, way });
      rows.inc({ posted_by: postedBy }, written);
    },
  };
}
