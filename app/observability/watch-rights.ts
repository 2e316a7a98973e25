import { accessMetrics } from '../contract/access-metrics.ts';
import type { MetricsRegistry } from './metrics-registry.ts';
import { registerCopiedCounter, registerGauge } from './registered.ts';

export type WatchedRights = {
  readonly areRightsKnown: () => boolean;
  /** Questions that were refused so far. */
  readonly rightsRefusals: () => number;
};

/** Tells whether this replica knows the rights of people, and what it has refused since it did not. */
export function watchRights(registry: MetricsRegistry, rights: WatchedRights): void {
  registerGauge(registry, accessMetrics.rightsKnown, () => [[{}, rights.areRightsKnown() ? 1 : 0]]);
  registerCopiedCounter(registry, accessMetrics.rightsRefusals, () => [
    { labels: {}, value: rights.rightsRefusals() },
  ]);
}
