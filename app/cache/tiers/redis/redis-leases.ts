import type { Clock } from '../../../clock.ts';
import type { CacheObserver } from '../../cache-events.ts';
import type { Entry } from '../../entry.ts';
import { entityNameOf } from '../../keys.ts';
import { leaseMs, makeToken } from '../tier.ts';
import type { LeaseAnswer, LeaseTable } from '../tier.ts';
import type { RedisCommands } from '../../../redis/redis-commands.ts';
import type { Payload } from '../../../redis/redis-scripts.ts';
import type { RunCommand } from './guarded-commands.ts';
import { acquireScript, fillScript, releaseScript } from './entry-scripts.ts';

type LeaseOptions = {
  readonly commands: RedisCommands;
  readonly clock: Clock;
  /** Added to Redis's own expiry, which then is only an upper bound: whether a lease is over is judged on the service's clock. */
  readonly expirySlackMs: number;
  readonly random: () => number;
  readonly observe: CacheObserver;
};

/** What the parts of the redis tier share. */
export type RedisTierParts = {
  readonly run: RunCommand;
  readonly encode: (key: string, entry: Entry) => Payload | null;
  readonly keyOf: (key: string) => string;
  readonly leaseOf: (key: string) => string;
  readonly lifeMs: (entry: Entry) => number;
  readonly accepted: (key: string, isSet: boolean) => boolean;
};

/** Leases kept beside their entries in Redis, by scripts. */
export function createRedisLeases(
  { commands, clock, expirySlackMs, random, observe }: LeaseOptions,
  parts: RedisTierParts,
): LeaseTable {
  const { run, encode, keyOf, leaseOf, lifeMs, accepted } = parts;
  const release = (key: string, token: string): Promise<void> =>
    run({
      key,
      operation: 'lease',
      send: () => commands.run(releaseScript, [keyOf(key), leaseOf(key)], [token]),
      read: () => {},
      failed: () => {},
    });
  const answerOf = (reply: unknown, token: string): LeaseAnswer => {
    // Bytes, from a client that is told to give bytes.
    const said = String(reply);
    if (said === 'entry' || said === 'held') return { kind: said };
    return said === 'granted' ? { kind: 'granted', token } : { kind: 'unavailable' };
  };
  return {
    async acquire(key, freshAfterMs) {
      const token = makeToken(random, clock.now() + leaseMs);
      // Where no clock can stand still, Redis's own expiry ends a lease: the clocks of replicas need not agree.
      const nowMs = expirySlackMs === 0 ? 0 : clock.now();
      const args = [token, leaseMs + expirySlackMs, freshAfterMs, nowMs];
      const lease = await run<unknown, LeaseAnswer>({
        key,
        operation: 'lease',
        send: () => commands.run(acquireScript, [keyOf(key), leaseOf(key)], args),
        read: (reply) => answerOf(reply, token),
        failed: () => ({ kind: 'unavailable' }),
      });
      if (lease.kind === 'granted' || lease.kind === 'unavailable')
        observe.happened({ type: 'lease', name: entityNameOf(key), outcome: lease.kind });
      return lease;
    },
    async fill(key, entry, token) {
      const payload = encode(key, entry);
      if (payload === null) {
        await release(key, token);
        return false;
      }
      const args = [token, entry.version, payload, lifeMs(entry)];
      return run({
        key,
        operation: 'set',
        send: () => commands.run(fillScript, [keyOf(key), leaseOf(key)], args),
        read: (reply) => accepted(key, reply === 1),
        failed: () => false,
      });
    },
    release,
  };
}
