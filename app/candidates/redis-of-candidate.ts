import { redisUses } from '../contract/redis-use.ts';
import type { RedisUse } from '../contract/redis-use.ts';
import type { AnyCandidate } from './candidate.ts';
import { valuesBySystem } from './system-values.ts';

/** What all systems of a candidate do with the Redis of its world, each once; empty: it needs none. */
export function allRedisUses(candidate: AnyCandidate): readonly RedisUse[] {
  const uses = new Set(valuesBySystem(candidate).flatMap(({ system, values }) => system.redisUses(values)));
  return redisUses.filter((use) => uses.has(use));
}

/** Whether a candidate talks to a Redis at all. */
export const needsRedis = (candidate: AnyCandidate): boolean => allRedisUses(candidate).length > 0;
