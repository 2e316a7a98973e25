import { setTimeout as wait } from 'node:timers/promises';
import { assembleCache } from './assemble-cache.ts';
import type { CacheParts } from './assemble-cache.ts';
import type { Cache } from './cache.ts';
import { needsDurableRedis } from './candidates/candidate.ts';
import { createCircuitBreaker } from '../redis/circuit-breaker.ts';
import { codecOf } from './codec.ts';
import { createBusSource } from './invalidation/bus-source.ts';
import { createDurableConnection } from '../redis/durable-connection.ts';
import type { InvalidationListener, InvalidationSource } from './invalidation/invalidation-source.ts';
import { createCommandConnection, connectWithin } from '../redis/redis-connection.ts';
import { createRedisCommands } from '../redis/redis-commands.ts';
import type { RedisCommands } from '../redis/redis-commands.ts';
import { entryScripts } from './tiers/entry-scripts.ts';
import { createRedisTier } from './tiers/redis-tier.ts';
import { createTrackingConnection } from './invalidation/tracking-connection.ts';
import { createWriteLog } from './writes/write-log.ts';
import { createWriteQueue } from './writes/write-queue.ts';

/** Where the entries of a service live. */
export type RedisPlace = { readonly url: string; readonly keyPrefix: string };

export type CreateCacheOptions = Omit<CacheParts, 'shared' | 'createSource' | 'createQueue' | 'wait'> & {
  /** Needed when the candidate has a redis tier or a bus. */
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
  const waiting = needsDurableRedis(options.candidate) ? await connectQueue(options) : null;
  const { commands, createSource } = await connect(options);
  const { candidate, clock, random, observe } = options;
  const shared =
    commands === null
      ? null
      : createRedisTier({
          commands,
          codec: codecOf[candidate.codec],
          keyPrefix: requireRedis(options).keyPrefix,
          clock,
          random,
          observe,
          breaker: createCircuitBreaker(clock),
          expirySlackMs: options.redisExpirySlackMs,
        });
  const { cache, source, queue } = assembleCache({
    ...options,
    shared,
    createSource,
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

type Connected = {
  readonly commands: RedisCommands | null;
  readonly createSource: CacheParts['createSource'];
};

/** The connections that a candidate's tiers and invalidations need. */
async function connect(options: CreateCacheOptions): Promise<Connected> {
  const { candidate } = options;
  const { payloads } = codecOf[candidate.codec];
  if (candidate.invalidation === 'client-tracking') {
    const tracking = createTrackingConnection({
      ...options,
      ...requireRedis(options),
      payloads,
      scripts: entryScripts,
    });
    return { commands: tracking.commands, createSource: tracking.createSource };
  }
  const commands = candidate.tiers.includes('redis') ? await connectCommands(options) : null;
  if (candidate.invalidation === 'change-stream')
    return { commands, createSource: options.createChangeStream };
  if (candidate.invalidation === 'ttl') return { commands, createSource: null };
  const place = requireRedis(options);
  return { commands, createSource: (listener) => createBusSource({ ...options, ...place, listener }) };
}

type ConnectedQueue = {
  readonly createQueue: NonNullable<CacheParts['createQueue']>;
  readonly close: () => void;
};

/** A connection of its own: what a flush carries does not hold up reads. */
async function connectQueue(options: CreateCacheOptions): Promise<ConnectedQueue> {
  const { url, keyPrefix } = requireRedis(options);
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
    createQueue: (target) =>
      createWriteQueue({ ...options, ...target, log, breaker: createCircuitBreaker(options.clock) }),
    close: connection.close,
  };
}

async function connectCommands(options: CreateCacheOptions): Promise<RedisCommands> {
  const redis = createCommandConnection(requireRedis(options).url, true);
  await connectWithin(redis);
  return createRedisCommands(redis, codecOf[options.candidate.codec].payloads, entryScripts);
}

function requireRedis({ redis, candidate }: CreateCacheOptions): RedisPlace {
  if (redis === null)
    throw new RangeError(`${candidate.strategy} needs a Redis: its tiers are ${candidate.tiers}`);
  return redis;
}
