import { counterMetrics } from '../contract/counter-metrics.ts';
import type { CounterObserver, RollupObserver } from '../counters/counter-observer.ts';
import type { CounterModeName } from '../counters/system.ts';
import { createLeanHistogram } from './lean-histogram.ts';
import type { MetricsRegistry } from './metrics-registry.ts';
import { registerCounter, registerGauge } from './registered.ts';

const operationNames = ['add', 'add_and_get', 'get', 'get_many', 'clear'];
const outcomes = ['ok', 'refused', 'failed'];

function countAnnounced(registry: MetricsRegistry): CounterObserver['announced'] {
  const events = registerCounter(
    registry,
    counterMetrics.counterRollupEvents,
    ['sent', 'dropped', 'coalesced'].map((outcome) => ({ outcome })),
  );
  return (outcome, counters) => events.inc({ outcome }, counters);
}

/** Counts what counting tells. `modes`: those of the process's namespaces. */
export function createCounterObserver(
  registry: MetricsRegistry,
  modes: readonly CounterModeName[],
): CounterObserver {
  const operations = registerCounter(
    registry,
    counterMetrics.counterOperations,
    modes.flatMap((mode) =>
      operationNames.flatMap((operation) => outcomes.map((outcome) => ({ operation, outcome, mode }))),
    ),
  );
  const durations = createLeanHistogram(registry, counterMetrics.counterDuration);
  const read = registerCounter(registry, counterMetrics.counterEventsRead, [{ by: 'get' }]);
  return {
    operated(operation, mode, outcome, durationMs) {
      operations.inc({ operation, outcome, mode });
      durations.observe([operation], durationMs / 1000);
    },
    eventsRead: (by, events) => read.inc({ by }, events),
    announced: countAnnounced(registry),
  };
}

/** Counts what a rollup worker tells. */
export function createRollupObserver(registry: MetricsRegistry): RollupObserver {
  const read = registerCounter(registry, counterMetrics.counterEventsRead, [{ by: 'rollup' }]);
  const rollups = registerCounter(
    registry,
    counterMetrics.counterRollups,
    ['done', 'unchanged', 'overtaken', 'failed'].map((outcome) => ({ outcome })),
  );
  const lags = createLeanHistogram(registry, counterMetrics.counterRollupLag);
  return {
    eventsRead: (by, events) => read.inc({ by }, events),
    announced: countAnnounced(registry),
    rolledUp: (outcome, counters) => rollups.inc({ outcome }, counters),
    lagged: (lagMs) => lags.observe([], Math.max(0, lagMs) / 1000),
  };
}

/** Tells how many counters wait in the queues of a worker. */
export function watchRollupQueues(registry: MetricsRegistry, length: () => number): void {
  registerGauge(registry, counterMetrics.counterQueueLength, () => [[{}, length()]]);
}
