import { ReplyError } from 'ioredis';
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

/** What became of a command: a reply, an error that the server replied, or nothing within the time allowed. */
type Answer<T> = { readonly kind: 'reply'; readonly reply: T } | { readonly kind: 'refusal' | 'silence' };

/** The tier that the replicas share. Every command goes through the breaker; a failed one is a miss and an event. */
export function createRedisTier({
  redis,
  keyPrefix,
  clock,
  observe,
  breaker,
  expirySlackMs,
}: RedisTierOptions): Tier {
  redis.defineCommand('darkroomSetFenced', { numberOfKeys: 1, lua: setFencedScript });
  redis.defineCommand('darkroomDeleteFenced', { numberOfKeys: 1, lua: deleteFencedScript });
  const scripted = redis as ScriptedRedis;
  const keyOf = (key: string): string => keyPrefix + key;
  const lifeMs = (entry: Entry): number =>
    Math.max(1, Math.ceil(entry.staleUntil - clock.now() + expirySlackMs));

  /** Runs a command, unless the breaker does not let it through. */
  const attempt = async <T>(
    key: string,
    operation: Operation,
    command: () => Promise<T>,
    resultOf: (reply: T) => 'hit' | 'miss' | 'ok',
  ): Promise<Answer<T>> => {
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
      return { kind: 'silence' };
    }
    try {
      const reply = await command();
      breaker.succeeded();
      tell(resultOf(reply));
      return { kind: 'reply', reply };
    } catch (error) {
      tell('error');
      // A server that refuses is there: the breaker is for one that is not.
      const isRefusal = error instanceof ReplyError;
      if (isRefusal) breaker.succeeded();
      else breaker.failed();
      return { kind: isRefusal ? 'refusal' : 'silence' };
    }
  };
  const ok = () => 'ok' as const;
  const tellCodec = (key: string, operation: 'encode' | 'decode') =>
    observe({
      type: 'tier-operation',
      name: entityNameOf(key),
      tier: 'redis',
      operation,
      result: 'error',
      durationMs: 0,
    });
  const hitOf = (key: string, text: string | null | undefined): TierHit | undefined => {
    if (text === null || text === undefined) return undefined;
    const stored = decodeStored(text);
    if (stored === null) tellCodec(key, 'decode');
    if (stored?.kind !== 'entry' || clock.now() >= stored.entry.freshUntil) return undefined;
    return { entry: stored.entry, tier: 'redis' };
  };
  const encode = (key: string, entry: Entry): string | null => {
    try {
      return encodeEntry(entry);
    } catch {
      tellCodec(key, 'encode');
      return null;
    }
  };

  return {
    async get(key) {
      const answer = await attempt(
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
      const answer = await attempt(
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
      if (text !== null)
        await attempt(key, 'set', () => redis.set(keyOf(key), text, 'PX', lifeMs(entry)), ok);
    },
    async setFenced(key, entry, startedAtMs) {
      if (clock.now() - startedAtMs >= tombstoneMs) {
        observe({ type: 'fill-rejected', name: entityNameOf(key), tier: 'redis' });
        return false;
      }
      const text = encode(key, entry);
      if (text === null) return false;
      const store = () => scripted.darkroomSetFenced(keyOf(key), entry.version, text, lifeMs(entry));
      const answer = await attempt(key, 'set', store, ok);
      const reply = answer.kind === 'reply' ? answer.reply : null;
      if (reply === 0) observe({ type: 'fill-rejected', name: entityNameOf(key), tier: 'redis' });
      return reply === 1;
    },
    async delete(key) {
      return (await attempt(key, 'delete', () => redis.unlink(keyOf(key)), ok)).kind === 'reply';
    },
    async deleteFenced(key, version) {
      const lifeOfTombstoneMs = tombstoneMs + expirySlackMs;
      const bury = () =>
        scripted.darkroomDeleteFenced(keyOf(key), version, encodeTombstone(version), lifeOfTombstoneMs);
      const { kind } = await attempt(key, 'delete', bury, ok);
      if (kind !== 'refusal') return kind === 'reply';
      // A full Redis stores no tombstone, but it still deletes: better without a fence than with the old entry.
      return (await attempt(key, 'delete', () => redis.unlink(keyOf(key)), ok)).kind === 'reply';
    },
    close: async () => redis.disconnect(),
  };
}
