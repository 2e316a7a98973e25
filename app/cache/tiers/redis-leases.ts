import type { CacheObserver } from '../cache-events.ts';
import type { Payload } from '../codec.ts';
import type { Entry } from '../entry.ts';
import { entityNameOf } from '../keys.ts';
import { leaseMs, makeToken } from '../lease.ts';
import type { LeaseAnswer, LeaseTable } from '../lease.ts';
import type { RedisCommands } from '../redis-commands.ts';
import type { RunCommand } from './guarded-commands.ts';
import { acquireScript, fillScript, releaseScript } from './redis-scripts.ts';

type LeaseOptions = {
  readonly commands: RedisCommands;
  readonly random: () => number;
  readonly observe: CacheObserver;
};

/** What leases share with the tier that they are kept in. */
type LeaseParts = {
  readonly run: RunCommand;
  readonly encode: (key: string, entry: Entry) => Payload | null;
  readonly keyOf: (key: string) => string;
  readonly leaseOf: (key: string) => string;
  readonly lifeMs: (entry: Entry) => number;
  readonly accepted: (key: string, isSet: boolean) => boolean;
};

/** Leases kept beside their entries in Redis, by scripts. */
export function createRedisLeases(
  { commands, random, observe }: LeaseOptions,
  parts: LeaseParts,
): LeaseTable {
  const { run, encode, keyOf, leaseOf, lifeMs, accepted } = parts;
  const release = async (key: string, token: string): Promise<void> => {
    await run(key, 'lease', () => commands.run(releaseScript, [keyOf(key), leaseOf(key)], [token]));
  };
  const answerOf = (reply: unknown, token: string): LeaseAnswer => {
    if (reply === 'entry' || reply === 'held') return { kind: reply };
    return reply === 'granted' ? { kind: 'granted', token } : { kind: 'unavailable' };
  };
  return {
    async acquire(key, freshAfterMs) {
      const token = makeToken(random);
      const ask = () =>
        commands.run(acquireScript, [keyOf(key), leaseOf(key)], [token, leaseMs, freshAfterMs]);
      const answer = await run(key, 'lease', ask);
      const lease = answerOf(answer.kind === 'reply' ? answer.reply : undefined, token);
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
      const fill = () => commands.run(fillScript, [keyOf(key), leaseOf(key)], args);
      const answer = await run(key, 'set', fill);
      return answer.kind === 'reply' && accepted(key, answer.reply === 1);
    },
    release,
  };
}
