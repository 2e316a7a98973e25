import type { RedisScript } from '../redis/redis-scripts.ts';
import { idOf } from './counter.ts';
import type { CounterKey } from './counter.ts';
import type { CounterNamespace } from './counter-namespaces.ts';
import type { CounterRedis } from './counter-redis.ts';
import type { Rollup } from './rollup-store.ts';

/**
 * Count and time are one value, so that no fault can come between them. An older rollup never replaces a newer one: workers and
 * readers fill it side by side.
 */
export const keepNewerRollup: RedisScript = {
  name: 'darkroomKeepRollup',
  keys: 1,
  lua: `
    local kept = redis.call('GET', KEYS[1])
    local keptAt = kept and tonumber(string.match(kept, '@(%d+)$'))
    if keptAt and keptAt > tonumber(ARGV[2]) then return 0 end
    redis.call('SET', KEYS[1], ARGV[1] .. '@' .. ARGV[2], 'PX', ARGV[3])
    return 1`,
};

export type CachedRollup = CounterKey & Rollup & { readonly ttlMs: number };

/** How long a rollup is kept in Redis. If it outlived the events after it, nobody could count on from it. */
export const rollupTtlMs = ({
  ttlMs,
  retentionMs,
}: Pick<CounterNamespace, 'ttlMs' | 'retentionMs'>): number => Math.min(ttlMs, retentionMs);

/** Rollups in Redis. */
export type RollupCache = {
  /** In the order of the keys; undefined: not there. Rejects when Redis does not answer. */
  readMany(keys: readonly CounterKey[]): Promise<readonly (Rollup | undefined)[]>;
  /** Rejects when Redis does not take them. */
  fill(rollups: readonly CachedRollup[]): Promise<void>;
};

/** Undefined for anything else, such as what another version has written there. */
export function parseRollup(text: string | null | undefined): Rollup | undefined {
  const match = /^(-?\d+)@(\d+)$/.exec(text ?? '');
  return match === null ? undefined : { count: String(match[1]), rollupMs: Number(match[2]) };
}

export function createRollupCache(redis: CounterRedis): RollupCache {
  const cacheKey = (key: CounterKey): string => `${redis.keyPrefix}counter-rollup:${idOf(key)}`;
  return {
    async readMany(keys) {
      const values = await redis.mget(keys.map(cacheKey));
      return keys.map((_, index) => parseRollup(values[index]));
    },
    async fill(rollups) {
      await Promise.all(
        rollups.map((rollup) =>
          redis.run(keepNewerRollup, [cacheKey(rollup)], [rollup.count, rollup.rollupMs, rollup.ttlMs]),
        ),
      );
    },
  };
}
