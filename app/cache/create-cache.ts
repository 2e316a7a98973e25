import { setTimeout as wait } from 'node:timers/promises';
import { assembleCache } from './assemble-cache.ts';
import type { CacheParts } from './assemble-cache.ts';
import type { Cache } from './cache.ts';
import { createCircuitBreaker } from './circuit-breaker.ts';
import { codecOf } from './codec.ts';
import { createBusSource } from './bus-source.ts';
import type { InvalidationListener, InvalidationSource } from './invalidation-source.ts';
import { createCommandConnection, connectWithin } from './redis-connection.ts';
import { createRedisCommands } from './redis-commands.ts';
import type { RedisCommands } from './redis-commands.ts';
import { createRedisTier } from './tiers/redis-tier.ts';
import { createTrackingConnection } from './tracking-connection.ts';

/** Where the entries of a service live. */
export type RedisPlace = { readonly url: string; readonly keyPrefix: string };

export type CreateCacheOptions = Omit<CacheParts, 'far' | 'createSource' | 'wait'> & {
  /** Needed when the candidate has a redis tier or a bus. */
  readonly redis: RedisPlace | null;
  /** Names this process on the bus; unique for each start. */
  readonly sender: string;
  /** Added to Redis's own expiry. In lab mode a clock may stand still for long. */
  readonly redisExpirySlackMs: number;
  /** Storage's stream of changes, for candidates that are told by it. */
  readonly createChangeStream: (listener: InvalidationListener) => InvalidationSource;
};

/** Connects a candidate's tiers and what tells them of writes. Throws a RangeError when it needs a Redis and none is given. */
export async function createCache(options: CreateCacheOptions): Promise<Cache> {
  const { commands, createSource } = await connect(options);
  const { candidate, clock, random, observe } = options;
  const far =
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
  const { cache, source } = assembleCache({ ...options, far, createSource, wait: (ms) => wait(ms) });
  await source?.start();
  return {
    ...cache,
    async close() {
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
    const tracking = createTrackingConnection({ ...options, ...requireRedis(options), payloads });
    return { commands: tracking.commands, createSource: tracking.createSource };
  }
  const commands = candidate.tiers.includes('redis') ? await connectCommands(options) : null;
  if (candidate.invalidation === 'change-stream')
    return { commands, createSource: options.createChangeStream };
  if (candidate.invalidation === 'ttl') return { commands, createSource: null };
  const place = requireRedis(options);
  return { commands, createSource: (listener) => createBusSource({ ...options, ...place, listener }) };
}

async function connectCommands(options: CreateCacheOptions): Promise<RedisCommands> {
  const redis = createCommandConnection(requireRedis(options).url);
  await connectWithin(redis);
  return createRedisCommands(redis, codecOf[options.candidate.codec].payloads);
}

function requireRedis({ redis, candidate }: CreateCacheOptions): RedisPlace {
  if (redis === null)
    throw new RangeError(`${candidate.strategy} needs a Redis: its tiers are ${candidate.tiers}`);
  return redis;
}
