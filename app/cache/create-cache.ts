import { assembleCache } from './assemble-cache.ts';
import type { CacheParts } from './assemble-cache.ts';
import type { Cache } from './cache.ts';
import { createCircuitBreaker } from './circuit-breaker.ts';
import { createInvalidationBus, heartbeatMs } from './invalidation-bus.ts';
import type { BusListener, InvalidationBus } from './invalidation-bus.ts';
import { createCommandConnection, createSubscriberConnection } from './redis-connection.ts';
import { createRedisTier } from './tiers/redis-tier.ts';

export type CreateCacheOptions = Omit<CacheParts, 'far' | 'createBus'> & {
  /** Needed when the candidate has a redis tier or a bus. */
  readonly redis: { readonly url: string; readonly keyPrefix: string } | null;
  /** Names this process on the bus; unique for each start. */
  readonly sender: string;
  readonly runInBackground: (name: string, task: Promise<unknown>) => void;
  /** Added to Redis's own expiry. In lab mode a clock may stand still for long. */
  readonly redisExpirySlackMs: number;
};

/** How long a start waits for Redis before it goes on without: its tier then answers with misses until it is there. */
const connectWaitMs = 2_000;

/** Connects a candidate's tiers and bus. Throws a RangeError when the candidate needs a Redis and none is given. */
export async function createCache(options: CreateCacheOptions): Promise<Cache> {
  const { candidate } = options;
  const far = candidate.tiers.includes('redis') ? await connectRedisTier(options) : null;
  let running: RunningBus | undefined;
  const createBus = (listener: BusListener): InvalidationBus => {
    running = connectBus(options, listener);
    return running.bus;
  };
  const cache = assembleCache({
    ...options,
    far,
    createBus: candidate.invalidation === 'pubsub' ? createBus : null,
  });
  await running?.start();
  return {
    ...cache,
    async close() {
      await running?.stop();
      await cache.close();
    },
  };
}

function requireRedis({ redis, candidate }: CreateCacheOptions): {
  readonly url: string;
  readonly keyPrefix: string;
} {
  if (redis === null)
    throw new RangeError(`${candidate.strategy} needs a Redis: its tiers are ${candidate.tiers}`);
  return redis;
}

/** Waits until a lazy connection is there, or for a bounded time; afterwards it goes on connecting by itself. */
async function connectWithin(connection: { connect(): Promise<void> }): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const limit = setTimeout(resolve, connectWaitMs);
  await Promise.race([connection.connect().catch(() => {}), promise]);
  clearTimeout(limit);
}

async function connectRedisTier(options: CreateCacheOptions) {
  const { url, keyPrefix } = requireRedis(options);
  const redis = createCommandConnection(url);
  await connectWithin(redis);
  return createRedisTier({
    redis,
    keyPrefix,
    clock: options.clock,
    observe: options.observe,
    breaker: createCircuitBreaker(options.clock),
    expirySlackMs: options.redisExpirySlackMs,
  });
}

type RunningBus = { readonly bus: InvalidationBus; start(): Promise<void>; stop(): Promise<void> };

function connectBus(options: CreateCacheOptions, listener: BusListener): RunningBus {
  const { url, keyPrefix } = requireRedis(options);
  const publisher = createCommandConnection(url);
  const subscriber = createSubscriberConnection(url);
  const channel = `${keyPrefix}invalidations`;
  const bus = createInvalidationBus({
    publisher,
    subscriber,
    channel,
    sender: options.sender,
    listener,
    observe: options.observe,
    now: () => performance.now(),
    runInBackground: options.runInBackground,
  });
  let timer: NodeJS.Timeout | undefined;
  return {
    bus,
    async start() {
      await Promise.all([connectWithin(publisher), connectWithin(subscriber)]);
      const subscribed = subscriber.subscribe(channel).then(() => bus.beat());
      options.runInBackground('subscribe to invalidations', subscribed);
      timer = setInterval(() => bus.beat(), heartbeatMs);
      timer.unref();
    },
    async stop() {
      clearInterval(timer);
      await bus.close();
    },
  };
}
