import { buckets } from './metric.ts';
import type { Metric } from './metric.ts';

/** What each worker exposes, beside what it tells of its statements and of its runtime as a replica does. */
export const workerMetrics = {
  /** Told by each worker, which all see the same outbox. Absent while storage does not answer. */
  outboxDepth: {
    name: 'darkroom_outbox_depth',
    type: 'gauge',
    help: 'Messages in the outbox that not all consumers have; 100,000 stands for more',
    labels: [],
  },
  /** Nothing is observed of a message that waits: this says how long the first of them has waited so far. */
  outboxOldest: {
    name: 'darkroom_outbox_oldest_seconds',
    type: 'gauge',
    help: 'Age of the oldest message in the outbox; 0: there is none',
    labels: [],
  },
  outboxDeadLetters: {
    name: 'darkroom_outbox_dead_letters',
    type: 'gauge',
    help: 'Messages that were given up, and are kept until somebody replays them',
    labels: [],
  },
  outboxLag: {
    name: 'darkroom_outbox_lag_seconds',
    type: 'histogram',
    help: 'Time from an action to the end of what its consumers made of it',
    labels: [],
    buckets: buckets.propagation,
  },
  /** Types of the list in `app/outbox/consumer.ts`, or unknown. Outcomes done, failed (tried again), dead (given up). */
  outboxMessages: {
    name: 'darkroom_outbox_messages_total',
    type: 'counter',
    help: 'Messages of the outbox by what became of them; one that fails is counted each time',
    labels: ['type', 'outcome'],
  },
} as const satisfies Record<string, Metric>;
