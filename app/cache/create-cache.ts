import { setTimeout as wait } from 'node:timers/promises';
import { assembleCache } from './assemble-cache.ts';
import type { CacheParts } from './assemble-cache.ts';
import type { Cache } from './cache.ts';
import { createSystemClock } from '../clock.ts';
import { createCircuitBreaker } from '../redis/circuit-breaker.ts';
import { codecOf } from './codec.ts';
import { invalidationKinds } from './invalidation/index.ts';
import type { InvalidationListener, InvalidationSource } from './sources/invalidation-source.ts';
import { redisUsesOf } from './settings/chosen-strategy.ts';
import { tiersOf } from './tiers/index.ts';
import type { RedisPlace } from './tiers/tier.ts';
import { createWriteLog } from './writes/write-log.ts';
import { createWriteQueue } from './writes/write-queue.ts';

export type CreateCacheOptions = Omit<CacheParts, 'shared' | 'createSource' | 'createQueue' | 'wait'> & {
  /** Needed when the candidate has a redis tier, a bus or a queue. */
  readonly redis: RedisPlace | null;
  /** The trace context of what is being done, for messages to other replicas. */
  readonly traceparent?: () => string | undefined;
  /** Names this process on the bus; unique for each start. */
  readonly sender: string;
  /** Added to Redis's own expiry. In lab mode a clock may stand still for long. */
  readonly redisExpirySlackMs: number;
  /** Storage's stream of changes, for candidates that are told by it. */
  readonly createChangeStream: (listener: InvalidationListener) => InvalidationSource;
};

/**
 * Connects a candidate's tiers, its queue, and what tells it of writes. Throws a RangeError when it needs a Redis and none is
 * given, and REDIS_NOT_DURABLE.
 */
export async function createCache(options: CreateCacheOptions): Promise<Cache> {
  const { candidate } = options;
  const waiting = redisUsesOf(candidate).includes('queue') ? await connectQueue(options) : null;
  const redis = () => requireRedis(options);
  const { payloads } = codecOf[candidate.codec];
  const kind = tiersOf(candidate.tiers).shared;
  const connected = await invalidationKinds[candidate.invalidation].connect?.({
    ...options,
    redis,
    payloads,
    scripts: kind?.scripts ?? [],
  });
  const commands = connected?.commands ?? null;
  const shared = kind && (await kind.connect({ ...options, settings: candidate, redis, commands }));
  const { cache, source, queue } = assembleCache({
    ...options,
    shared,
    createSource: connected?.createSource ?? null,
    createQueue: waiting?.createQueue ?? null,
    wait: (ms) => wait(ms),
  });
  await source?.start();
  queue?.start();
  return {
    ...cache,
    async close() {
      // It still invalidates what it flushes.
      await queue?.stop();
      waiting?.close();
      await source?.stop();
      await cache.close();
    },
  };
}

type ConnectedQueue = {
  readonly createQueue: NonNullable<CacheParts['createQueue']>;
  readonly close: () => void;
};

/** A connection of its own: what a flush carries does not hold up reads. */
async function connectQueue(options: CreateCacheOptions): Promise<ConnectedQueue> {
  const { url, keyPrefix } = requireRedis(options);
  // Most candidates have no queue, and many no Redis at all, whose client takes a while to load.
  const { createDurableConnection } = await import('../redis/durable-connection.ts');
  const connection = createDurableConnection({
    url,
    need: 'write-behind needs a Redis that keeps its queue',
    runInBackground: options.runInBackground,
  });
  const log = createWriteLog(connection, keyPrefix, (writes) =>
    options.observe.happened({ type: 'queue-length', writes }),
  );
  await connection.start();
  return {
    // What fails recovers in real time, also while the clock of its world stands still.
    createQueue: (target) =>
      createWriteQueue({ ...options, ...target, log, breaker: createCircuitBreaker(createSystemClock()) }),
    close: connection.close,
  };
}

function requireRedis({ redis, candidate }: CreateCacheOptions): RedisPlace {
  if (redis === null)
    throw new RangeError(`${candidate.strategy} needs a Redis: its tiers are ${candidate.tiers}`);
  return redis;
}
