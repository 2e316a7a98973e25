import type { Clock } from '../clock.ts';
import { telemetryModes } from '../contract/telemetry-modes.ts';
import type { TelemetryModeName } from '../contract/telemetry-modes.ts';
import { workerMetrics } from '../contract/worker-metrics.ts';
import type { OutboxEvent, OutboxState } from '../outbox/outbox-events.ts';
import type { Storage, StorageEvent } from '../storage/postgres.ts';
import { createLeanHistogram } from './lean-histogram.ts';
import { createStorageObserver, exposePool } from './metrics.ts';
import type { MetricsRegistry } from './metrics-registry.ts';
import { registerCounter, registerGauge } from './registered.ts';

/** What a worker tells of the outbox, and of its own statements. */
export type OutboxMetrics = {
  readonly storage: (event: StorageEvent) => void;
  readonly outbox: (event: OutboxEvent) => void;
  readonly watchPool: (storage: Storage) => void;
  readonly watchState: (state: () => OutboxState | null) => void;
};

export type OutboxMetricsOptions = {
  readonly registry: MetricsRegistry;
  readonly mode: TelemetryModeName;
  /** Of the machine, as the stamps of messages are. */
  readonly wallClock: Clock;
  /** What may happen to messages: exposed as 0 before it does. */
  readonly possible: readonly Pick<OutboxEvent, 'type' | 'outcome'>[];
};

export function createOutboxMetrics(options: OutboxMetricsOptions): OutboxMetrics {
  const { registry, mode, wallClock, possible } = options;
  if (!telemetryModes[mode].metrics) {
    const nothing = () => {};
    return { storage: nothing, outbox: nothing, watchPool: nothing, watchState: nothing };
  }
  const messages = registerCounter(registry, workerMetrics.outboxMessages, possible);
  const lags = createLeanHistogram(registry, workerMetrics.outboxLag);
  const secondsSince = (atMs: number | null): number =>
    atMs === null ? 0 : Math.max(0, wallClock.now() - atMs) / 1000;
  return {
    storage: createStorageObserver(registry),
    outbox({ type, outcome, lagMs }) {
      messages.inc({ type, outcome });
      if (lagMs !== null) lags.observe([], lagMs / 1000);
    },
    watchPool: (storage) => exposePool(registry, storage),
    watchState(state) {
      const figures = [
        [workerMetrics.outboxDepth, ({ depth }: OutboxState) => depth],
        [workerMetrics.outboxDeadLetters, ({ deadLetters }: OutboxState) => deadLetters],
        [workerMetrics.outboxOldest, (seen: OutboxState) => secondsSince(seen.oldestAtMs)],
      ] as const;
      for (const [metric, figure] of figures)
        registerGauge(registry, metric, () => {
          const seen = state();
          return seen === null ? [] : [[{}, figure(seen)]];
        });
    },
  };
}
