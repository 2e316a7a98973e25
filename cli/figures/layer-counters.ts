import { answeredByEdge, edgeClasses, edgeMetrics } from '../../app/contract/edge-metrics.ts';
import { counterOf, levelOf } from '../../app/contract/figure.ts';
import type { Counter } from '../../app/contract/figure.ts';
import { operations } from '../../app/contract/operations.ts';
import { serviceMetrics } from '../../app/contract/service-metrics.ts';

const { edgeRequests, edgeBytes, edgeOutdatedAge, edgeRefreshes, edgeMemory } = edgeMetrics;

const pages = edgeClasses.filter((name) => name !== 'image');

/** The counters that tell layers apart, beside those that figures and guards ask for. */
export const layerCounters = {
  /** Images that the service answered, or an edge in its place. */
  answeredImages: counterOf(serviceMetrics.requestDuration, { http_route: operations.image.route }),
  /** What lies in the tiers within all replicas. A candidate has one kind of them at most. */
  localTierBytes: levelOf(serviceMetrics.cacheSize),
  edgeAnswers: counterOf(edgeRequests, { outcome: answeredByEdge }),
  edgeImages: counterOf(edgeRequests, { class: 'image', outcome: answeredByEdge }),
  staleEdgeImages: counterOf(edgeRequests, { class: 'image', outcome: 'stale' }),
  edgeImageBytes: counterOf(edgeBytes, { class: 'image', outcome: answeredByEdge }),
  edgePages: counterOf(edgeRequests, { class: pages, outcome: answeredByEdge }),
  staleEdgePages: counterOf(edgeRequests, { class: pages, outcome: 'stale' }),
  outdatedEdgePages: counterOf(edgeOutdatedAge, { outcome: answeredByEdge }),
  edgePageBytes: counterOf(edgeBytes, { class: pages, outcome: answeredByEdge }),
  /** Pages that the edge might have had, and asked the service for. */
  forwardedPages: counterOf(edgeRequests, { class: pages, outcome: ['miss', 'revalidated'] }),
  outdatedForwardedPages: counterOf(edgeOutdatedAge, { outcome: ['miss', 'revalidated'] }),
  forwardedPageBytes: counterOf(edgeBytes, { class: pages, outcome: ['miss', 'revalidated'] }),
  /** Requests to the service that no viewer has made. */
  edgeRefreshes: counterOf(edgeRefreshes),
  edgeMemoryBytes: levelOf(edgeMemory),
} as const satisfies Readonly<Record<string, Counter>>;
