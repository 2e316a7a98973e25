import type { Redis } from 'ioredis';
import type { Clock } from '../../clock.ts';
import type { CacheObserver } from '../cache-events.ts';
import type { CircuitBreaker } from '../circuit-breaker.ts';
import { decodeStored, encodeEntry, encodeTombstone } from '../codec.ts';
import type { Entry } from '../entry.ts';
import { entityNameOf } from '../keys.ts';
import { createRunCommand } from './redis-commands.ts';
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

/** A connection that knows the scripts of the redis tier. They are sent once for each connection and then named. */
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

/** The tier that the replicas share. Every command goes through the breaker; a failed one is a miss and an event. */
export function createRedisTier(options: RedisTierOptions): Tier {
  const { keyPrefix, clock, observe, expirySlackMs } = options;
  const redis = defineScripts(options.redis);
  const run = createRunCommand(options.breaker, observe);
  const { encode, hitOf } = createEntryCodec(clock, observe);
  const keyOf = (key: string): string => keyPrefix + key;
  const lifeMs = (entry: Entry): number =>
    Math.max(1, Math.ceil(entry.staleUntil - clock.now() + expirySlackMs));
  const rejected = (key: string) =>
    observe({ type: 'fill-rejected', name: entityNameOf(key), tier: 'redis' });

  return {
    async get(key) {
      const answer = await run(
        key,
        'get',
        async () => hitOf(key, await redis.get(keyOf(key))),
        (hit) => (hit === undefined ? 'miss' : 'hit'),
      );
      return answer.kind === 'reply' ? answer.reply : undefined;
    },
    async getMany(keys) {
      const [first] = keys;
      if (first === undefined) return [];
      const answer = await run(
        first,
        'mget',
        async () =>
          (await redis.mget(keys.map(keyOf))).map((text, index) => hitOf(keys[index] as string, text)),
        (hits) => (hits.includes(undefined) ? 'miss' : 'hit'),
      );
      return answer.kind === 'reply' ? answer.reply : keys.map(() => undefined);
    },
    async set(key, entry) {
      const text = encode(key, entry);
      if (text !== null) await run(key, 'set', () => redis.set(keyOf(key), text, 'PX', lifeMs(entry)));
    },
    async setFenced(key, entry, startedAtMs) {
      if (clock.now() - startedAtMs >= tombstoneMs) {
        rejected(key);
        return false;
      }
      const text = encode(key, entry);
      if (text === null) return false;
      const store = () => redis.darkroomSetFenced(keyOf(key), entry.version, text, lifeMs(entry));
      const answer = await run(key, 'set', store);
      const reply = answer.kind === 'reply' ? answer.reply : null;
      if (reply === 0) rejected(key);
      return reply === 1;
    },
    async delete(key) {
      return (await run(key, 'delete', () => redis.unlink(keyOf(key)))).kind === 'reply';
    },
    async deleteFenced(key, version) {
      const lifeOfTombstoneMs = tombstoneMs + expirySlackMs;
      const bury = () =>
        redis.darkroomDeleteFenced(keyOf(key), version, encodeTombstone(version), lifeOfTombstoneMs);
      const { kind } = await run(key, 'delete', bury);
      if (kind !== 'refusal') return kind === 'reply';
      // A full Redis stores no tombstone, but it still deletes: better without a fence than with the old entry.
      return (await run(key, 'delete', () => redis.unlink(keyOf(key)))).kind === 'reply';
    },
    close: async () => redis.disconnect(),
  };
}

function defineScripts(redis: Redis): ScriptedRedis {
  redis.defineCommand('darkroomSetFenced', { numberOfKeys: 1, lua: setFencedScript });
  redis.defineCommand('darkroomDeleteFenced', { numberOfKeys: 1, lua: deleteFencedScript });
  return redis as ScriptedRedis;
}

/** The codec, which tells of bytes that are not ours and of values that JSON cannot say: the one is a miss, the other is not kept. */
function createEntryCodec(clock: Clock, observe: CacheObserver) {
  const tell = (key: string, operation: 'encode' | 'decode') =>
    observe({
      type: 'tier-operation',
      name: entityNameOf(key),
      tier: 'redis',
      operation,
      result: 'error',
      durationMs: 0,
    });
  return {
    encode(key: string, entry: Entry): string | null {
      try {
        return encodeEntry(entry);
      } catch {
        tell(key, 'encode');
        return null;
      }
    },
    hitOf(key: string, text: string | null | undefined): TierHit | undefined {
      if (text === null || text === undefined) return undefined;
      const stored = decodeStored(text);
      if (stored === null) tell(key, 'decode');
      if (stored?.kind !== 'entry' || clock.now() >= stored.entry.freshUntil) return undefined;
      return { entry: stored.entry, tier: 'redis' };
    },
  };
}
