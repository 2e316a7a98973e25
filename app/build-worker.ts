import { createActivityExpiry, createActivityLog } from './activity/activity-log.ts';
import { createWallClock } from './clock.ts';
import { telemetryModes } from './contract/telemetry-modes.ts';
import { createFeedExpiry } from './feeds/feed-expiry.ts';
import { createFeedFanOut } from './feeds/feed-fan-out.ts';
import { createFanOutObserver } from './observability/feed-observers.ts';
import { createOutboxMetrics } from './observability/outbox-metrics.ts';
import { messageTypes } from './outbox/consumer.ts';
import type { Consumer } from './outbox/consumer.ts';
import { createDelivery } from './outbox/delivery.ts';
import { outboxOutcomes } from './outbox/outbox-events.ts';
import { startOutboxWorker } from './outbox/outbox-worker.ts';
import type { ProcessParts } from './process/process-parts.ts';
import { createStorage } from './storage/postgres.ts';

/** A worker, made and at work. `close` finishes its batch. */
export type BuiltWorker = { close(): Promise<void> };

export function buildWorker({ config, logger, clock, registry }: ProcessParts): BuiltWorker {
  const wallClock = createWallClock();
  const possible = [...messageTypes, 'unknown'].flatMap((type) =>
    outboxOutcomes.map((outcome) => ({ type, outcome })),
  );
  const metrics = createOutboxMetrics({ registry, mode: config.telemetry, wallClock, possible });
  const storage = createStorage(config.databaseUrl, config.poolSize, metrics.storage, {
    usesIndexes: true,
  });
  metrics.watchPool(storage);
  const deliver = createDelivery({
    storage,
    // In this order each message comes to those that take it.
    consumers: [...consumersOfFeeds({ config, registry, clock }), createActivityLog()],
    clock,
    wallClock,
    observe: metrics.outbox,
    onFailure: ({ consumer, error }, { id, type, attempts }) =>
      logger.warn({ err: error, consumer, message: id, type, attempts }, 'a consumer failed on a message'),
  });
  const worker = startOutboxWorker({
    storage,
    deliver,
    chores: [createFeedExpiry(storage, clock), createActivityExpiry(storage, clock)],
    onTrouble: (what, reason) => logger.warn({ err: reason, what }, 'the worker has to try again'),
  });
  metrics.watchState(worker.state);
  return {
    async close() {
      await worker.stop();
      await storage.close();
    },
  };
}

/** Where feeds are gathered, nobody has to be told of posts. */
function consumersOfFeeds({
  config,
  registry,
  clock,
}: Pick<ProcessParts, 'config' | 'registry' | 'clock'>): Consumer[] {
  const settings = config.candidate.feeds;
  if (settings.feed === 'pull') return [];
  const isCounted = telemetryModes[config.telemetry].metrics;
  const observe = isCounted ? createFanOutObserver(registry) : { posted: () => {} };
  const areCountsApart = config.candidate.counters.counter !== 'row';
  return [createFeedFanOut({ settings, areCountsApart, clock, observe })];
}
