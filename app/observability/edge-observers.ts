import { answeredByEdge, edgeClasses, edgeMetrics, edgeOutcomes } from '../contract/edge-metrics.ts';
import type { EdgeClass } from '../contract/edge-metrics.ts';
import { operations } from '../contract/operations.ts';
import type { EdgeObserver, EdgeUsage } from '../edge/edge-events.ts';
import { createLeanHistogram } from './lean-histogram.ts';
import type { MetricsRegistry } from './metrics-registry.ts';
import { createRequestObserver } from './metrics.ts';
import { registerCopiedCounter, registerCounter, registerGauge } from './registered.ts';

/** Under which route the service counts what the edge answers in its place. */
const routeOf: Readonly<Record<EdgeClass, string>> = {
  image: operations.image.route,
  photo: operations.photoPage.route,
  comments: operations.comments.route,
  profile: operations.profileGrid.route,
  followers: operations.followers.route,
  other: '_unmatched',
};

/**
 * Counts what an edge tells. What it answers itself is among the requests of the service, as all that is divided by them goes by what
 * viewers have asked; all else the replicas count.
 */
export function createEdgeObserver(registry: MetricsRegistry, strategy: string): EdgeObserver {
  const possible = edgeClasses.flatMap((name) => edgeOutcomes.map((outcome) => ({ class: name, outcome })));
  const requests = registerCounter(registry, edgeMetrics.edgeRequests, possible);
  const bytes = registerCounter(registry, edgeMetrics.edgeBytes, possible);
  const purges = registerCounter(registry, edgeMetrics.edgePurges, [
    { outcome: 'purged' },
    { outcome: 'none' },
  ]);
  const ages = createLeanHistogram(registry, edgeMetrics.edgeOutdatedAge);
  for (const outcome of edgeOutcomes) ages.begin([outcome]);
  const ofService = createRequestObserver(registry, strategy);
  const isOwn = (outcome: string): boolean => answeredByEdge.some((name) => name === outcome);
  return {
    answered({ outcome, class: name, method, status, bytes: sent, durationUs }) {
      requests.inc({ class: name, outcome });
      bytes.inc({ class: name, outcome }, sent);
      if (isOwn(outcome))
        ofService.request({ method, route: routeOf[name], status, durationSeconds: durationUs / 1e6 });
    },
    purged: (objects) =>
      objects === 0 ? purges.inc({ outcome: 'none' }) : purges.inc({ outcome: 'purged' }, objects),
    outdated: (outcome, forMs) => ages.observe([outcome], forMs / 1_000),
  };
}

/** Tells what the HTTP cache has, as it was last asked; null: it does not run. */
export function watchEdge(
  registry: MetricsRegistry,
  state: () => { readonly isUp: boolean; readonly usage: EdgeUsage },
): void {
  registerGauge(registry, edgeMetrics.edgeUp, () => [[{}, Number(state().isUp)]]);
  registerGauge(registry, edgeMetrics.edgeMemory, () => [[{}, state().usage.memoryBytes]]);
  registerGauge(registry, edgeMetrics.edgeObjects, () => [[{}, state().usage.objects]]);
  const counted = [
    [edgeMetrics.edgeEvictions, ({ evictions }: EdgeUsage) => evictions],
    [edgeMetrics.edgeRefreshes, ({ refreshes }: EdgeUsage) => refreshes],
  ] as const;
  for (const [metric, count] of counted)
    registerCopiedCounter(registry, metric, () => [{ labels: {}, value: count(state().usage) }]);
}
