import type { Redis } from 'ioredis';
import type { CacheObserver } from '../../app/cache/cache-events.ts';
import { createCircuitBreaker } from '../../app/cache/circuit-breaker.ts';
import { createCommandConnection } from '../../app/cache/redis-connection.ts';
import { createRedisTier } from '../../app/cache/tiers/redis-tier.ts';
import type { Tier } from '../../app/cache/tiers/tier.ts';
import type { Clock } from '../../app/clock.ts';
import { createTestRedis } from './databases.ts';

/** A redis tier on the test command's Redis, under a prefix of its own, and the connection to look behind it. */
export async function createTestRedisTier(
  clock: Clock,
  observe: CacheObserver = () => {},
  where: { readonly url: string; readonly keyPrefix: string } = createTestRedis(),
): Promise<{ readonly tier: Tier; readonly redis: Redis; readonly keyPrefix: string }> {
  const redis = createCommandConnection(where.url);
  await redis.connect();
  const tier = createRedisTier({
    redis,
    keyPrefix: where.keyPrefix,
    clock,
    observe,
    breaker: createCircuitBreaker(clock),
    // The clock of a test stands still: only it may end an entry.
    expirySlackMs: 60_000,
  });
  return { tier, redis, keyPrefix: where.keyPrefix };
}
