import type { Clock } from '../../clock.ts';
import type { CacheObserver } from '../cache-events.ts';
import type { CircuitBreaker } from '../circuit-breaker.ts';
import { encodeTombstone } from '../codec.ts';
import type { Codec } from '../codec.ts';
import type { Entry } from '../entry.ts';
import { entityNameOf } from '../keys.ts';
import type { LeaseTable } from '../lease.ts';
import type { RedisCommands } from '../redis-commands.ts';
import { createEntryPayloads } from './entry-payloads.ts';
import { createRunCommand } from './guarded-commands.ts';
import { createRedisLeases } from './redis-leases.ts';
import { deleteFencedScript, setFencedScript } from './redis-scripts.ts';
import { tombstoneMs } from './tier.ts';
import type { Tier } from './tier.ts';

export type RedisTierOptions = {
  readonly commands: RedisCommands;
  readonly codec: Codec;
  readonly keyPrefix: string;
  readonly clock: Clock;
  /** From 0 to 1; for the tokens of leases. */
  readonly random: () => number;
  readonly observe: CacheObserver;
  readonly breaker: CircuitBreaker;
  /** Added to Redis's own expiry, which is only an upper bound: freshness is judged on the service's clock. */
  readonly expirySlackMs: number;
};

/** The tier that the replicas share, with the leases that it gives. */
export type RedisTier = Tier & { readonly leases: LeaseTable };

/** Every command goes through the breaker; a failed one is a miss and an event. */
export function createRedisTier(options: RedisTierOptions): RedisTier {
  const { commands, keyPrefix, clock, observe, expirySlackMs } = options;
  const run = createRunCommand(options.breaker, observe, commands.isRefusal);
  const { encode, hitOf } = createEntryPayloads(options);
  const keyOf = (key: string): string => keyPrefix + key;
  const leaseOf = (key: string): string => `${keyPrefix}${key}:lease`;
  const lifeMs = (entry: Entry): number =>
    Math.max(1, Math.ceil(entry.staleUntil - clock.now() + expirySlackMs));
  const accepted = (key: string, isSet: boolean): boolean => {
    if (!isSet) observe.happened({ type: 'fill-rejected', name: entityNameOf(key), tier: 'redis' });
    return isSet;
  };
  const unlink = async (key: string): Promise<boolean> =>
    (await run(key, 'delete', () => commands.unlink([keyOf(key), leaseOf(key)]))).kind === 'reply';

  return {
    leases: createRedisLeases(options, { run, encode, keyOf, leaseOf, lifeMs, accepted }),
    async get(key) {
      const answer = await run(
        key,
        'get',
        async () => hitOf(key, await commands.get(keyOf(key))),
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
        async () => {
          const payloads = await commands.mget(keys.map(keyOf));
          return payloads.map((payload, index) => hitOf(keys[index] as string, payload));
        },
        (hits) => (hits.includes(undefined) ? 'miss' : 'hit'),
      );
      return answer.kind === 'reply' ? answer.reply : keys.map(() => undefined);
    },
    async set(key, entry) {
      const payload = encode(key, entry);
      if (payload === null) return false;
      return (await run(key, 'set', () => commands.set(keyOf(key), payload, lifeMs(entry)))).kind === 'reply';
    },
    async setFenced(key, entry, startedAtMs) {
      if (clock.now() - startedAtMs >= tombstoneMs) return accepted(key, false);
      const payload = encode(key, entry);
      if (payload === null) return false;
      const args = [entry.version, payload, lifeMs(entry)];
      const answer = await run(key, 'set', () => commands.run(setFencedScript, [keyOf(key)], args));
      return answer.kind === 'reply' && accepted(key, answer.reply === 1);
    },
    delete: unlink,
    async deleteFenced(key, version) {
      const args = [version, encodeTombstone(version), tombstoneMs + expirySlackMs];
      const keys = [keyOf(key), leaseOf(key)];
      const { kind } = await run(key, 'delete', () => commands.run(deleteFencedScript, keys, args));
      // A full Redis stores no tombstone, but it still deletes: better without a fence than with the old entry.
      return kind === 'refusal' ? unlink(key) : kind === 'reply';
    },
    close: async () => commands.close(),
  };
}
