import type { Redis } from 'ioredis';
import type { Clock } from '../../clock.ts';
import type { CacheEvent, CacheObserver } from '../cache-events.ts';
import type { CircuitBreaker } from '../circuit-breaker.ts';
import { decodeStored, encodeEntry, encodeTombstone } from '../codec.ts';
import type { Entry } from '../entry.ts';
import { entityNameOf } from '../keys.ts';
import { tombstoneMs } from './tier.ts';
import type { Tier, TierHit } from './tier.ts';

/** KEYS[1]; ARGV: version, text, milliseconds to live. Leaves what is newer. The head of a text is written by the codec. */
const setFencedScript = `
local held = redis.call('GET', KEYS[1])
local version = held and tonumber(string.match(held, '^1|[et]|(%d+)'))
if version and version > tonumber(ARGV[1]) then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1`;

/** The same arguments with a tombstone as text; an entry of the same version stays: it is the write's own value. */
const deleteFencedScript = `
local held = redis.call('GET', KEYS[1])
local version = held and tonumber(string.match(held, '^1|[et]|(%d+)'))
if version and version >= tonumber(ARGV[1]) then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1`;

type ScriptedRedis = Redis & {
  darkroomSetFenced(key: string, version: number, text: string, ms: number): Promise<number>;
  darkroomDeleteFenced(key: string, version: number, text: string, ms: number): Promise<number>;
};

export type RedisTierOptions = {
  readonly redis: Redis;
  readonly keyPrefix: string;
  readonly clock: Clock;
  readonly observe: CacheObserver;
  readonly breaker: CircuitBreaker;
  /** Added to Redis's own expiry, which is only an upper bound: freshness is judged on the service's clock. */
  readonly expirySlackMs: number;
};

type Operation = Extract<CacheEvent, { type: 'tier-operation' }>['operation'];

/** The tier that the replicas share. Every command goes through the breaker; a failed one is a miss and an event. */
export function createRedisTier({ redis, keyPrefix, clock, observe, breaker, expirySlackMs }: RedisTierOptions): Tier {
  redis.defineCommand('darkroomSetFenced', { numberOfKeys: 1, lua: setFencedScript });
  redis.defineCommand('darkroomDeleteFenced', { numberOfKeys: 1, lua: deleteFencedScript });
  const scripted = redis as ScriptedRedis;
  const keyOf = (key: string): string => keyPrefix + key;
  const lifeMs = (entry: Entry): number => Math.max(1, Math.ceil(entry.staleUntil - clock.now() + expirySlackMs));

  /** Runs a command; `null` when it failed or the breaker did not let it through. */
  const attempt = async <T>(
    key: string,
    operation: Operation,
    command: () => Promise<T>,
    resultOf: (reply: T) => 'hit' | 'miss' | 'ok',
  ): Promise<{ readonly reply: T } | null> => {
    const name = entityNameOf(key);
    const startedAtMs = performance.now();
    const tell = (result: 'hit' | 'miss' | 'ok' | 'error' | 'refused') =>
      observe({
        type: 'tier-operation',
        name,
        tier: 'redis',
        operation,
        result,
        durationMs: performance.now() - startedAtMs,
      });
    if (!breaker.allows()) {
      tell('refused');
      return null;
    }
    try {
      const reply = await command();
      breaker.succeeded();
      tell(resultOf(reply));
      return { reply };
    } catch {
      breaker.failed();
      tell('error');
      return null;
    }
  };
  const ok = () => 'ok' as const;
  const hitOf = (text: string | null | undefined): TierHit | undefined => {
    const stored = text === null || text === undefined ? null : decodeStored(text);
    if (stored === null || stored.kind !== 'entry' || clock.now() >= stored.entry.freshUntil) return undefined;
    return { entry: stored.entry, tier: 'redis' };
  };

  return {
    async get(key) {
      const answer = await attempt(
        key,
        'get',
        async () => hitOf(await redis.get(keyOf(key))),
        (hit) => (hit === undefined ? 'miss' : 'hit'),
      );
      return answer?.reply;
    },
    async getMany(keys) {
      const [first] = keys;
      if (first === undefined) return [];
      const answer = await attempt(
        first,
        'mget',
        async () => (await redis.mget(keys.map(keyOf))).map(hitOf),
        (hits) => (hits.includes(undefined) ? 'miss' : 'hit'),
      );
      return answer?.reply ?? keys.map(() => undefined);
    },
    async set(key, entry) {
      await attempt(key, 'set', () => redis.set(keyOf(key), encodeEntry(entry), 'PX', lifeMs(entry)), ok);
    },
    async setFenced(key, entry, startedAtMs) {
      if (clock.now() - startedAtMs >= tombstoneMs) {
        observe({ type: 'fill-rejected', name: entityNameOf(key), tier: 'redis' });
        return false;
      }
      const store = () => scripted.darkroomSetFenced(keyOf(key), entry.version, encodeEntry(entry), lifeMs(entry));
      const answer = await attempt(key, 'set', store, ok);
      if (answer?.reply === 0) observe({ type: 'fill-rejected', name: entityNameOf(key), tier: 'redis' });
      return answer?.reply === 1;
    },
    async delete(key) {
      return (await attempt(key, 'delete', () => redis.unlink(keyOf(key)), ok)) !== null;
    },
    async deleteFenced(key, version) {
      const lifeOfTombstoneMs = tombstoneMs + expirySlackMs;
      const bury = () =>
        scripted.darkroomDeleteFenced(keyOf(key), version, encodeTombstone(version), lifeOfTombstoneMs);
      return (await attempt(key, 'delete', bury, ok)) !== null;
    },
    close: async () => redis.disconnect(),
  };
}
