import { DarkroomError } from '../../errors.ts';
import type { RedisScript } from '../../redis/redis-scripts.ts';
import { idOf } from '../counter.ts';
import type { CounterKey, CounterMode, TimedEvent } from '../counter.ts';
import type { CounterNamespaces } from '../counter-namespaces.ts';
import type { CounterRedis } from '../counter-redis.ts';
import { countMax, exactCount, tooLarge } from '../exact-count.ts';

/** Answers null where the count would leave the range of exact numbers. */
export const raiseCount: RedisScript = {
  name: 'darkroomRaiseCount',
  keys: 1,
  lua: `
    local count = redis.call('INCRBY', KEYS[1], ARGV[1])
    redis.call('PEXPIRE', KEYS[1], ARGV[2])
    if math.abs(count) <= tonumber(ARGV[3]) then return tostring(redis.call('GET', KEYS[1])) end
    redis.call('DECRBY', KEYS[1], ARGV[1])
    return false`,
};

const unavailable = (cause: unknown): DarkroomError =>
  new DarkroomError(
    'COUNTER_CACHE_UNAVAILABLE',
    'The counters in Redis cannot be reached; whether it was counted is not known.',
    { cause },
  );

/**
 * A number in Redis. A token means nothing to it: what is sent twice counts twice, and what Redis loses is lost. It never takes
 * part in a transaction of the caller.
 */
export function createBestEffortMode(redis: CounterRedis, namespaces: CounterNamespaces): CounterMode {
  const redisKey = (key: CounterKey): string => `${redis.keyPrefix}counter:${idOf(key)}`;
  const reached = async <T>(answer: Promise<T>): Promise<T> => {
    try {
      return await answer;
    } catch (error) {
      throw unavailable(error);
    }
  };
  const raise = async (key: CounterKey, { delta, isClear }: TimedEvent): Promise<number> => {
    if (isClear) {
      await reached(redis.unlink([redisKey(key)]));
      return 0;
    }
    const ttlMs = namespaces.get(key.namespace)?.ttlMs ?? 0;
    const count = await reached(redis.run(raiseCount, [redisKey(key)], [delta, ttlMs, countMax]));
    if (typeof count !== 'string') throw tooLarge();
    return exactCount(count);
  };
  return {
    write: async (key, event) => void (await raise(key, event)),
    writeAndGet: async (key, event) => ({ count: await raise(key, event), rolledUpToMs: null }),
    async getMany(keys) {
      const counts = await reached(redis.mget(keys.map(redisKey)));
      return counts.map((count) => ({ count: exactCount(count ?? '0'), rolledUpToMs: null }));
    },
  };
}
