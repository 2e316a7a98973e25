import { setTimeout as pauseFor } from 'node:timers/promises';
import { readNamespaces, redisPlaceOf } from './build-counters.ts';
import { tierNamesOf } from './cache/tiers/index.ts';
import { createSystemClock } from './clock.ts';
import { telemetryModes } from './contract/telemetry-modes.ts';
import { createHashText, queueOf } from './counters/counter-hash.ts';
import type { CounterNamespaces } from './counters/counter-namespaces.ts';
import { unobserved } from './counters/counter-observer.ts';
import { hearChannel, openCounterRedis } from './counters/counter-redis.ts';
import { keepSlicesAhead } from './counters/event-slices.ts';
import { createRollUp } from './counters/roll-up.ts';
import type { RollUp } from './counters/roll-up.ts';
import { announcementChannel, parseAnnouncement } from './counters/rollup-announcer.ts';
import { createRollupCache, keepNewerRollup } from './counters/rollup-cache.ts';
import { keepDroppingSlices } from './counters/rollup-chores.ts';
import { createRollupWindow } from './counters/rollup-window.ts';
import { createRollupWorker } from './counters/rollup-loops.ts';
import { isRolledUp } from './counters/system.ts';
import { DarkroomError } from './errors.ts';
import { createRollupObserver, watchRollupQueues } from './observability/counter-observers.ts';
import { createStorageObserver, exposePool } from './observability/metrics.ts';
import { withoutOwnSpan } from './observability/tracing.ts';
import type { InOwnSpan } from './observability/tracing.ts';
import type { ProcessParts } from './process/process-parts.ts';
import { createStorage } from './storage/postgres.ts';
import type { Storage, StorageEvent } from './storage/postgres.ts';

/** A rollup worker, made and at work. `close` rolls up what waits, as far as there is time. */
export type BuiltRollupWorker = { close(): Promise<void> };

export async function buildRollupWorker(parts: ProcessParts): Promise<BuiltRollupWorker> {
  const { config, clock, logger, registry, tracing } = parts;
  const { rollupWorkers, queues } = config.candidate.counters;
  const place = redisPlaceOf(config);
  if (place === null)
    throw new DarkroomError(
      'INVALID_CONFIG',
      'REDIS_URL must be set: rollup workers are told of counters by it.',
    );
  const isCounted = telemetryModes[config.telemetry].metrics;
  const observe = isCounted ? createRollupObserver(registry) : unobserved;
  const onTrouble = (what: string, reason: unknown): void =>
    logger.warn({ err: reason, what }, 'the rollup worker has to try again');
  const storage = openStorage(parts);
  const namespaces = await readNamespaces(config);
  const realClock = createSystemClock();
  const redis = await openCounterRedis(place, realClock, [keepNewerRollup]);
  const hash = await createHashText();
  const rollUp = createRollUp({ queries: storage, cache: createRollupCache(redis), clock, observe });
  const worker = createRollupWorker({
    namespaces,
    queues,
    queueOf: (id) => queueOf(hash(id), rollupWorkers, queues),
    windowOf: (namespace) => createRollupWindow({ queries: storage, clock, namespace, wait: pauseFor }),
    rollUp: inSpans(rollUp, tracing?.inOwnSpan ?? withoutOwnSpan),
    realClock,
    observe,
    onTrouble,
  });
  if (isCounted) watchRollupQueues(registry, worker.length);
  const heard = (message: string): void => worker.hear(parseAnnouncement(message));
  const channels = shareOf(config.replica, rollupWorkers).map((share) =>
    announcementChannel(place.keyPrefix, share),
  );
  const hearing = await Promise.all(channels.map((channel) => hearChannel(place, channel, heard)));
  const slices = keepSlicesAhead(storage, clock, longestAcceptMs(namespaces), (reason) =>
    onTrouble('slices of events', reason),
  );
  const retention = keepDroppingSlices({ queries: storage, clock, namespaces, hear: worker.hear }, (reason) =>
    onTrouble('retention', reason),
  );
  worker.start();
  return {
    async close() {
      for (const one of hearing) one.close();
      slices.stop();
      retention.stop();
      await worker.drain();
      redis.close();
      await storage.close();
    },
  };
}

/**
 * The share of a worker is the number at the end of its name, from 1 on. One whose name has none, or a number that is not among them,
 * takes all shares: two may do the same then, which is no error.
 */
export function shareOf(name: string, workers: number): readonly number[] {
  const number = Number(/(\d+)$/.exec(name)?.[1] ?? 0);
  if (number >= 1 && number <= workers) return [number - 1];
  return Array.from({ length: workers }, (_, share) => share);
}

function longestAcceptMs(namespaces: CounterNamespaces): number {
  const rolled = [...namespaces.values()].filter(({ mode }) => isRolledUp(mode));
  return Math.max(0, ...rolled.map(({ acceptLimitMs }) => acceptLimitMs));
}

/** Each batch is a trace of its own, with its statements. */
const inSpans =
  (rollUp: RollUp, inOwnSpan: InOwnSpan): RollUp =>
  (keys, namespace, endMs) =>
    inOwnSpan(
      'counters.rollup',
      {
        'counter.namespace': namespace.name,
        'counter.counters': keys.length,
        'counter.window_end': new Date(endMs).toISOString(),
      },
      () => rollUp(keys, namespace, endMs),
    );

/** Tables of the log are empty at first, and each day a new one is. */
function openStorage({ config, registry, tracing }: ProcessParts): Storage {
  const observers: ((event: StorageEvent) => void)[] = [];
  const isCounted = telemetryModes[config.telemetry].metrics;
  if (isCounted) observers.push(createStorageObserver(registry));
  if (tracing !== null) observers.push(tracing.cacheSpans(tierNamesOf(config.candidate.cache.tiers)).storage);
  const tell = (event: StorageEvent): void => {
    for (const observe of observers) observe(event);
  };
  const storage = createStorage(config.databaseUrl, config.poolSize, tell, { usesIndexes: true });
  if (isCounted) exposePool(registry, storage);
  return storage;
}
