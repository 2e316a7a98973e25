import { buckets } from './metric.ts';
import type { Metric } from './metric.ts';

/**
 * What the driver exposes while it puts load on the service. Response time counts from the sending of a request. One driver may
 * serve several candidates at once: an arrival that it drops would have been anybody's, so that each gets an equal share of it.
 */
export const loadMetrics = {
  /** In a closed loop, as in the warm-up of an experiment, a request is offered when it is answered. */
  loadOffered: {
    name: 'load_requests_offered_total',
    type: 'counter',
    help: 'Requests whose place in the schedule has come',
    labels: ['scenario', 'candidate'],
  },
  /** Outcomes ok, failed. */
  loadRequests: {
    name: 'load_requests_total',
    type: 'counter',
    help: 'Requests that were answered, or given up',
    labels: ['scenario', 'candidate', 'outcome'],
  },
  loadDropped: {
    name: 'load_requests_dropped_total',
    type: 'counter',
    help: 'Requests for which the driver had no virtual user, shared equally by its candidates',
    labels: ['scenario', 'candidate'],
  },
  loadResponseDuration: {
    name: 'load_response_duration_seconds',
    type: 'histogram',
    help: 'Time from sending a request on an open connection to the last byte of its response',
    labels: ['scenario', 'candidate'],
    buckets: buckets.request,
  },
  loadInfo: {
    name: 'load_run_info',
    type: 'gauge',
    help: 'Always 1: what load runs',
    labels: ['scenario', 'candidate', 'seed', 'telemetry_mode'],
  },
} as const satisfies Record<string, Metric>;

/** What the driver exposes of an experiment. */
export const experimentMetrics = {
  /**
   * Together there is one of each candidate at the same time, all in slot 0. In turns there is one at a time: `slot` is the
   * candidate's place in the round, from 1 on, and `round` is 0 in the shake-down.
   */
  experimentBlock: {
    name: 'experiment_block_info',
    type: 'gauge',
    help: 'Always 1, while this block runs',
    labels: ['candidate', 'round', 'slot'],
  },
  /** A series for each entry of the list of figures that the last block of a candidate has a value of. */
  experimentFigure: {
    name: 'experiment_figure_value',
    type: 'gauge',
    help: 'Figures of the last block that has ended, each in its own unit',
    labels: ['candidate', 'figure'],
  },
} as const satisfies Record<string, Metric>;

/**
 * What the witness exposes: it edits a photo through one replica and reads it through the same and through another one, at
 * times after the acknowledgement of the edit.
 */
export const witnessMetrics = {
  /** Readers: same, other (replica). Horizons 0ms, 100ms, 1s, 5s. Outcomes consistent, stale, missing, failed. */
  consistencyChecks: {
    name: 'cache_consistency_checks_total',
    type: 'counter',
    help: 'Reads of what was just written, by whether they had it',
    labels: ['candidate', 'reader', 'horizon', 'outcome'],
  },
  versionsBehind: {
    name: 'cache_versions_behind',
    type: 'histogram',
    help: 'Versions by which a stale read was behind the acknowledged one',
    labels: ['candidate', 'reader'],
    buckets: [1, 2, 3, 5, 10],
  },
  /** What is not seen at the last horizon counts as that long. */
  visibilityLag: {
    name: 'cache_visibility_lag_seconds',
    type: 'histogram',
    help: 'Time from the acknowledgement of a write to the first check that saw it',
    labels: ['candidate', 'reader'],
    buckets: buckets.propagation,
  },
} as const satisfies Record<string, Metric>;

/** What the store of traces exposes. */
export const traceStoreMetrics = {
  /** Outcomes kept, dropped, rejected. */
  storedSpans: {
    name: 'trace_store_spans_total',
    type: 'counter',
    help: 'Spans that the store of traces received',
    labels: ['outcome'],
  },
  storedTraces: {
    name: 'trace_store_traces',
    type: 'gauge',
    help: 'Traces that the store of traces holds',
    labels: [],
  },
} as const satisfies Record<string, Metric>;
