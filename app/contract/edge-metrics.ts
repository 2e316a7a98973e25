import { buckets } from './metric.ts';
import type { Metric } from './metric.ts';

/** What an edge is asked for: pictures, the public pages of people and photos, and all else. */
export const edgeClasses = ['image', 'photo', 'comments', 'profile', 'followers', 'other'] as const;
export type EdgeClass = (typeof edgeClasses)[number];

/**
 * Who answered a request that came to an edge. hit: the edge. stale: the edge, past the lifetime of what it has. revalidated: the service
 * has said that what the edge has still holds. miss: the service, and the edge may have kept it. joined: the edge, once the service had
 * answered another one who asked for the same. pass: the service, for this request alone: a write, or an answer that depends on who asks.
 */
export const edgeOutcomes = ['hit', 'stale', 'revalidated', 'miss', 'joined', 'pass'] as const;
export type EdgeOutcome = (typeof edgeOutcomes)[number];

/** Those that asked nothing of the service. */
export const answeredByEdge = ['hit', 'stale', 'joined'] as const satisfies readonly EdgeOutcome[];

/** What is told of the HTTP cache in front of the replicas. */
export const edgeMetrics = {
  edgeRequests: {
    name: 'darkroom_edge_requests_total',
    type: 'counter',
    help: 'Requests that came to the edge by what was asked for and who answered; health checks are none',
    labels: ['class', 'outcome'],
  },
  edgeBytes: {
    name: 'darkroom_edge_bytes_total',
    type: 'counter',
    help: 'Bytes of bodies that the edge has sent, by what was asked for and who answered',
    labels: ['class', 'outcome'],
  },
  /** The service counts them as requests, and no viewer has asked for them. */
  edgeRefreshes: {
    name: 'darkroom_edge_refreshes_total',
    type: 'counter',
    help: 'Requests that the edge has sent behind a stale answer, for nobody in particular',
    labels: [],
  },
  /** Outcomes purged (objects that had to go), none (a key that nothing was kept under). */
  edgePurges: {
    name: 'darkroom_edge_purges_total',
    type: 'counter',
    help: 'Objects that had to go since a write has changed what they show, and writes that nothing was kept of',
    labels: ['outcome'],
  },
  /** By who answered: a layer behind the edge, or the edge, may not have heard of the write. */
  edgeOutdatedAge: {
    name: 'darkroom_edge_outdated_age_seconds',
    type: 'histogram',
    help: 'Of pages of photos and comments that lack a write whose answer the edge had passed on before they were asked for, how long before, by who answered',
    labels: ['outcome'],
    buckets: buckets.propagation,
  },
  edgeEvictions: {
    name: 'darkroom_edge_evictions_total',
    type: 'counter',
    help: 'Objects that had to go for want of memory',
    labels: [],
  },
  edgeMemory: {
    name: 'darkroom_edge_memory_bytes',
    type: 'gauge',
    help: 'Memory that the objects at the edge take',
    labels: [],
  },
  edgeObjects: {
    name: 'darkroom_edge_objects',
    type: 'gauge',
    help: 'Objects at the edge',
    labels: [],
  },
  /** 0 while it is being started again. */
  edgeUp: {
    name: 'darkroom_edge_up',
    type: 'gauge',
    help: '1: the HTTP cache of this edge runs; 0: nothing that is asked of it is answered',
    labels: [],
  },
} as const satisfies Record<string, Metric>;
