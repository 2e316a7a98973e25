import type { Clock } from '../clock.ts';
import type { Cache, CachedEntity } from './cache.ts';
import type { CacheObserver } from './cache-events.ts';
import type { Candidate } from './candidate.ts';
import { createCircuitBreaker } from './circuit-breaker.ts';
import { createInvalidationBus, heartbeatMs } from './invalidation-bus.ts';
import type { BusListener, InvalidationBus } from './invalidation-bus.ts';
import { makeKey } from './keys.ts';
import { createCommandConnection, createSubscriberConnection } from './redis-connection.ts';
import { createSingleFlight } from './single-flight.ts';
import { strategies } from './strategies/index.ts';
import { toCacheRead } from './strategy.ts';
import type { CacheStrategy, Found, StrategyDefinition } from './strategy.ts';
import { createMemoryTier } from './tiers/memory-tier.ts';
import { createRedisTier } from './tiers/redis-tier.ts';
import { createTierStack } from './tiers/tier-stack.ts';
import { jitteredTtlMs } from './ttl-jitter.ts';

export type CreateCacheOptions = {
  readonly candidate: Candidate;
  /** Needed when the candidate has a redis tier or a bus. */
  readonly redis: { readonly url: string; readonly keyPrefix: string } | null;
  /** Names this process on the bus; unique for each start. */
  readonly sender: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly observe: CacheObserver;
  readonly runInBackground: (name: string, task: Promise<unknown>) => void;
  /** Added to Redis's own expiry. In lab mode a clock may stand still for long. */
  readonly redisExpirySlackMs: number;
};

/** How long a start waits for Redis before it goes on without: its tier then answers with misses until it is there. */
const connectWaitMs = 2_000;

/** Joins a candidate's strategy to its tiers. Throws a RangeError when the candidate needs a Redis and none is given. */
export async function createCache(options: CreateCacheOptions): Promise<Cache> {
  const { candidate, clock, observe } = options;
  const definition: StrategyDefinition = strategies[candidate.strategy];
  const near = candidate.tiers.includes('memory')
    ? createMemoryTier({ bytesMax: candidate.memoryBytes, clock, observe })
    : null;
  const far = candidate.tiers.includes('redis') ? await connectRedisTier(options) : null;
  const tiers = createTierStack({ near, far, promote: definition.promote, now: clock.now });
  const flights = candidate.protection === 'single-flight' ? createSingleFlight<Found>() : null;
  const ttlMs = (freshness: 'versioned' | 'ttl') =>
    jitteredTtlMs(freshness === 'ttl' ? candidate.feedTtlMs : candidate.ttlMs, candidate.ttlJitter, options.random);

  // The bus tells the strategy, and the strategy tells the bus.
  const listener: BusListener = {
    onInvalidation: (key, version) => strategy.onInvalidation(key, version),
    onUnsure: (what) => strategy.onUnsure(what),
  };
  const bus = candidate.invalidation === 'pubsub' ? await connectBus(options, listener) : null;
  const strategy: CacheStrategy = definition.create({ tiers, clock, observe, flights, bus: bus?.bus ?? null, ttlMs });
  // Until the bus hears itself, memory would keep what others write.
  if (bus !== null) strategy.onUnsure('cut');
  await bus?.start();
  return assemble(strategy, clock, async () => {
    await bus?.stop();
    await tiers.close();
  });
}

function requireRedis({ redis, candidate }: CreateCacheOptions): { readonly url: string; readonly keyPrefix: string } {
  if (redis === null) throw new RangeError(`${candidate.strategy} needs a Redis: its tiers are ${candidate.tiers}`);
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

async function connectBus(options: CreateCacheOptions, listener: BusListener): Promise<RunningBus> {
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

function assemble(strategy: CacheStrategy, clock: Clock, close: () => Promise<void>): Cache {
  return {
    read<Id extends string | number, V>(entity: CachedEntity<Id, V>, id: Id) {
      const found = strategy.read({
        key: makeKey(entity.name, id),
        entityName: entity.name,
        freshness: entity.freshness,
        load: async () => (await entity.loadMany([id])).get(id),
      });
      if (found instanceof Promise) return found.then((late) => toCacheRead<V>(late, clock.now()));
      return toCacheRead<V>(found, clock.now());
    },
    async readMany<Id extends string | number, V>(entity: CachedEntity<Id, V>, ids: readonly Id[]) {
      const idOf = new Map(ids.map((id) => [makeKey(entity.name, id), id] as const));
      const keys = [...idOf.keys()];
      const found = await strategy.readMany({
        keys,
        entityName: entity.name,
        freshness: entity.freshness,
        loadMany: async (wanted) => {
          const loaded = await entity.loadMany(wanted.map((key) => idOf.get(key) as Id));
          return new Map([...loaded].map(([id, value]) => [makeKey(entity.name, id), value] as const));
        },
      });
      const readOf = new Map(keys.map((key, index) => [key, toCacheRead<V>(found[index] as Found, clock.now())] as const));
      return ids.map((id) => readOf.get(makeKey(entity.name, id)));
    },
    write: (write) => strategy.write(write),
    close,
  };
}
