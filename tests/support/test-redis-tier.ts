import type { Redis } from 'ioredis';
import type { CacheObserver } from '../../app/cache/cache-events.ts';
import { createCircuitBreaker } from '../../app/redis/circuit-breaker.ts';
import { codecOf } from '../../app/cache/codec.ts';
import type { Codec } from '../../app/cache/codec.ts';
import { createRedisCommands } from '../../app/redis/redis-commands.ts';
import { createCommandConnection } from '../../app/redis/redis-connection.ts';
import { entryScripts } from '../../app/cache/tiers/redis/entry-scripts.ts';
import { createRedisTier } from '../../app/cache/tiers/redis-tier.ts';
import type { SharedTier } from '../../app/cache/tiers/tier.ts';
import type { Clock } from '../../app/clock.ts';
import { createTestRedis } from './databases.ts';
import { ignoreEvents } from './recorded-events.ts';

export type TestRedisTier = {
  readonly tier: SharedTier;
  readonly redis: Redis;
  readonly keyPrefix: string;
};

/** What a test asks for is not faults: on a busy machine a healthy Redis may stand still for longer than a service would wait. */
export const patienceMs = 10_000;

/** A redis tier on the test command's Redis, under a prefix of its own, and the connection to look behind it. */
export async function createTestRedisTier(
  clock: Clock,
  observe: CacheObserver = ignoreEvents,
  where: { readonly url: string; readonly keyPrefix: string } = createTestRedis(),
  codec: Codec = codecOf.json,
): Promise<TestRedisTier> {
  const redis = createCommandConnection(where.url, null);
  await redis.connect();
  const tier = createRedisTier({
    commands: createRedisCommands(redis, codec.payloads, entryScripts, patienceMs),
    codec,
    keyPrefix: where.keyPrefix,
    clock,
    random: Math.random,
    observe,
    breaker: createCircuitBreaker(clock),
    // The clock of a test stands still: only it may end an entry.
    expirySlackMs: 60_000,
  });
  return { tier, redis, keyPrefix: where.keyPrefix };
}
