import { createSystemClock } from '../../clock.ts';
import type { Clock } from '../../clock.ts';
import { createCircuitBreaker } from '../../redis/circuit-breaker.ts';
import type { CircuitBreaker } from '../../redis/circuit-breaker.ts';
import type { RedisCommands } from '../../redis/redis-commands.ts';
import type { CacheObserver } from '../cache-events.ts';
import { codecOf, encodeTombstone } from '../codec.ts';
import type { Codec } from '../codec.ts';
import type { Entry } from '../entry.ts';
import { entityNameOf } from '../keys.ts';
import { createEntryPayloads } from './redis/entry-payloads.ts';
import { createRunCommand } from './redis/guarded-commands.ts';
import type { Failure } from './redis/guarded-commands.ts';
import { createRedisLeases } from './redis/redis-leases.ts';
import type { RedisTierParts } from './redis/redis-leases.ts';
import { deleteFencedScript, entryScripts, setFencedScript } from './redis/entry-scripts.ts';
import { tombstoneMs } from './tier.ts';
import type { SharedTier, SharedTierDefinition, SharedTierParts, Tier } from './tier.ts';

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

const name = 'redis';

/** Every command goes through the breaker; a failed one is a miss and an event. */
export function createRedisTier(options: RedisTierOptions): SharedTier {
  const { commands, keyPrefix, clock, observe, expirySlackMs } = options;
  const run = createRunCommand(name, options.breaker, observe, commands.isRefusal);
  const { encode, hitOf } = createEntryPayloads({ ...options, tier: name });
  const keyOf = (key: string): string => keyPrefix + key;
  const leaseOf = (key: string): string => `${keyPrefix}${key}:lease`;
  const lifeMs = (entry: Entry): number =>
    Math.max(1, Math.ceil(entry.staleUntil - clock.now() + expirySlackMs));
  const accepted = (key: string, isSet: boolean): boolean => {
    if (!isSet) observe.happened({ type: 'fill-rejected', name: entityNameOf(key), tier: name });
    return isSet;
  };
  const unlink = (key: string): Promise<boolean> =>
    run({
      key,
      operation: 'delete',
      send: () => commands.unlink([keyOf(key), leaseOf(key)]),
      read: () => true,
      failed: () => false,
    });

  const parts = { run, encode, keyOf, leaseOf, lifeMs, accepted };

  return {
    leases: createRedisLeases(options, parts),
    circuit: () => ({ tier: name, isOpen: options.breaker.isOpen() }),
    get: (key) =>
      run({
        key,
        operation: 'get',
        send: () => commands.get(keyOf(key)),
        read: (payload) => hitOf(key, payload),
        failed: () => undefined,
        resultOf: (hit) => (hit === undefined ? 'miss' : 'hit'),
      }),
    async getMany(keys) {
      const [first] = keys;
      if (first === undefined) return [];
      return run({
        key: first,
        operation: 'mget',
        send: () => commands.mget(keys.map(keyOf)),
        read: (payloads) => payloads.map((payload, index) => hitOf(keys[index] as string, payload)),
        failed: () => keys.map(() => undefined),
        resultOf: (hits) => (hits.includes(undefined) ? 'miss' : 'hit'),
      });
    },
    async set(key, entry) {
      const payload = encode(key, entry);
      if (payload === null) return false;
      const send = () => commands.set(keyOf(key), payload, lifeMs(entry));
      return run({ key, operation: 'set', send, read: () => true, failed: () => false });
    },
    delete: unlink,
    ...createFencedWrites(options, parts, unlink),
    close: async () => commands.close(),
  };
}

/** Writes that leave what is newer. */
function createFencedWrites(
  { commands, clock, expirySlackMs }: RedisTierOptions,
  { run, encode, keyOf, leaseOf, lifeMs, accepted }: RedisTierParts,
  unlink: (key: string) => Promise<boolean>,
): Pick<Tier, 'setFenced' | 'deleteFenced'> {
  return {
    async setFenced(key, entry, startedAtMs) {
      if (clock.now() - startedAtMs >= tombstoneMs) return accepted(key, false);
      const payload = encode(key, entry);
      if (payload === null) return false;
      const args = [entry.version, payload, lifeMs(entry)];
      const send = () => commands.run(setFencedScript, [keyOf(key)], args);
      const read = (reply: unknown) => accepted(key, reply === 1);
      return run({ key, operation: 'set', send, read, failed: () => false });
    },
    async deleteFenced(key, version) {
      const args = [version, encodeTombstone(version), tombstoneMs + expirySlackMs];
      const keys = [keyOf(key), leaseOf(key)];
      const outcome = await run<unknown, 'buried' | Failure>({
        key,
        operation: 'delete',
        send: () => commands.run(deleteFencedScript, keys, args),
        read: () => 'buried',
        failed: (failure) => failure,
      });
      // A full Redis stores no tombstone, but it still deletes: better without a fence than with the old entry.
      return outcome === 'refusal' ? unlink(key) : outcome === 'buried';
    },
  };
}

async function connectRedisTier(parts: SharedTierParts): Promise<SharedTier> {
  const { url, keyPrefix } = parts.redis();
  const codec: Codec = codecOf[parts.settings.codec];
  return createRedisTier({
    ...parts,
    commands: parts.commands ?? (await connectCommands(url, codec)),
    codec,
    keyPrefix,
    // A Redis recovers in real time, also while the clock of its world stands still.
    breaker: createCircuitBreaker(createSystemClock()),
    expirySlackMs: parts.redisExpirySlackMs,
  });
}

async function connectCommands(url: string, { payloads }: Codec): Promise<RedisCommands> {
  const { connectWithin, createCommandConnection } = await import('../../redis/redis-connection.ts');
  const { createRedisCommands } = await import('../../redis/redis-commands.ts');
  const connection = createCommandConnection(url, null);
  await connectWithin(connection);
  return createRedisCommands(connection, payloads, entryScripts);
}

/** A Redis that all replicas share: what one has loaded, the others find. */
export const redis: SharedTierDefinition = {
  name,
  column: 'redis',
  isShared: true,
  parameters: {
    codec: 'is of the redis tier',
    'redis-memory': 'is of the redis tier',
    'redis-eviction': 'is of the redis tier',
  },
  redisUse: 'entries',
  scripts: entryScripts,
  connect: connectRedisTier,
};
