import { buckets } from './metric.ts';
import type { Metric } from './metric.ts';

/** What is told of counters: by the replicas that count, and by the workers that roll up. */
export const counterMetrics = {
  /**
   * Operations add, add_and_get, get, get_many, clear; outcomes ok, refused (the caller's mistake), failed. `mode` is how the namespace
   * of the counter counts.
   */
  counterOperations: {
    name: 'darkroom_counter_operations_total',
    type: 'counter',
    help: 'Operations on counters',
    labels: ['operation', 'outcome', 'mode'],
  },
  counterDuration: {
    name: 'darkroom_counter_operation_duration_seconds',
    type: 'histogram',
    help: 'Time of an operation on counters inside the service',
    labels: ['operation'],
    buckets: buckets.query,
  },
  /** By get (a read summed them) or rollup. */
  counterEventsRead: {
    name: 'darkroom_counter_events_read_total',
    type: 'counter',
    help: 'Events that were read to know a count',
    labels: ['by'],
  },
  /** Outcomes done, unchanged (no event was new), overtaken (another worker had rolled up further), failed. */
  counterRollups: {
    name: 'darkroom_counter_rollups_total',
    type: 'counter',
    help: 'Counters that a worker has looked at to roll them up',
    labels: ['outcome'],
  },
  counterRollupLag: {
    name: 'darkroom_counter_rollup_lag_seconds',
    type: 'histogram',
    help: 'Age of the oldest event that a rollup has added to a count',
    labels: [],
    buckets: buckets.propagation,
  },
  counterQueueLength: {
    name: 'darkroom_counter_queue_length',
    type: 'gauge',
    help: 'Counters in the queues of this worker',
    labels: [],
  },
  /** Outcomes sent, dropped (no room, or Redis does not take it), coalesced (already waiting). Told by replicas and by workers. */
  counterRollupEvents: {
    name: 'darkroom_counter_rollup_events_total',
    type: 'counter',
    help: 'Hints that a counter has something to roll up',
    labels: ['outcome'],
  },
} as const satisfies Record<string, Metric>;
