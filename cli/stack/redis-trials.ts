import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis, ReplyError } from 'ioredis';
import { redisUses } from '../../app/contract/system.ts';
import type { RedisUse } from '../../app/contract/system.ts';
import { CommandError } from '../errors.ts';
import { redisRemedy } from './redis-remedies.ts';
import { isAddress, wordsOf } from './server-words.ts';

/** One thing that was tried. */
export type RedisTrial = {
  /** Short, for lists: `write`. */
  readonly what: string;
  /** Null: it works. Else a sentence without its subject, with the server's own words. */
  readonly complaint: string | null;
  /** What to do about a complaint. */
  readonly remedy: string;
};

type Tried = { readonly redis: Redis; readonly keyPrefix: string; readonly url: string };
type Deed = {
  readonly what: string;
  readonly of: RedisUse;
  /** How a complaint begins. */
  readonly fails: string;
  /** Rejects with what the server says, or with a RangeError that says what it did instead. */
  readonly attempt: (tried: Tried) => Promise<unknown>;
};

/** Long enough that an answer arrives before it ends, short enough to be waited for. */
const lifeMs = 100;
const expiryLimitMs = 2_000;
const pollMs = 20;
const messageLimitMs = 2_000;
/** Keys of a trial end by themselves after this time, in case the server does not let them be deleted. */
const forgottenAfterMs = 60_000;

/** As the fills of fenced strategies: two keys, a read, and a write with an end. */
const fillScript = `redis.call('GET', KEYS[2]) return redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])`;
/** As the queue of write-behind: a stream, a group that takes from it, and what is settled. */
const queueScript = `
local id = redis.call('XADD', KEYS[1], '*', 'a', '1')
redis.call('XGROUP', 'CREATE', KEYS[1], 'trial', '0-0')
redis.call('XREADGROUP', 'GROUP', 'trial', 'trial', 'COUNT', 1, 'STREAMS', KEYS[1], '>')
redis.call('XACK', KEYS[1], 'trial', id)
redis.call('XDEL', KEYS[1], id)
return redis.call('XLEN', KEYS[1])`;

/**
 * A server that is nearly full takes one small value more and refuses the next. Values of this size make the second write fail.
 */
const written = 'x'.repeat(64 * 1024);

/** In the order in which a run comes to need them. */
const deeds: readonly Deed[] = [
  {
    ...{ what: 'write', of: 'entries', fails: 'cannot be written to' },
    async attempt({ redis, keyPrefix }) {
      for (let writes = 0; writes < 2; writes += 1)
        await redis.set(`${keyPrefix}a`, written, 'PX', forgottenAfterMs);
    },
  },
  {
    ...{ what: 'read', of: 'entries', fails: 'cannot be read' },
    async attempt({ redis, keyPrefix }) {
      const single = await redis.get(`${keyPrefix}a`);
      const [first, second] = await redis.mget(`${keyPrefix}a`, `${keyPrefix}b`);
      if (single !== written || first !== written || second !== null)
        throw new RangeError('it does not answer with what was written');
    },
  },
  {
    ...{ what: 'run scripts', of: 'entries', fails: 'does not run scripts' },
    attempt: ({ redis, keyPrefix }) =>
      redis.eval(fillScript, 2, `${keyPrefix}a`, `${keyPrefix}b`, written, forgottenAfterMs),
  },
  {
    ...{ what: 'expire', of: 'entries', fails: 'does not let entries expire' },
    async attempt({ redis, keyPrefix }) {
      await redis.set(`${keyPrefix}b`, 'brief', 'PX', lifeMs);
      const giveUpAt = performance.now() + expiryLimitMs;
      while ((await redis.get(`${keyPrefix}b`)) !== null) {
        if (performance.now() > giveUpAt)
          throw new RangeError(`one with ${lifeMs} ms to live is there after ${expiryLimitMs} ms`);
        await sleep(pollMs);
      }
    },
  },
  {
    ...{ what: 'delete', of: 'entries', fails: 'does not let entries be deleted' },
    async attempt({ redis, keyPrefix }) {
      await redis.unlink(`${keyPrefix}a`, `${keyPrefix}b`);
      // A run finds the keys that it has left behind with SCAN, so the user must be allowed that, too.
      await redis.scan('0', 'MATCH', `${keyPrefix}*`, 'COUNT', 1);
    },
  },
  {
    ...{ what: 'send messages', of: 'messages', fails: 'does not carry messages' },
    attempt: sendMessage,
  },
  {
    ...{ what: 'queue', of: 'queue', fails: 'cannot keep a queue' },
    async attempt({ redis, keyPrefix }) {
      await redis.eval(queueScript, 1, `${keyPrefix}queue`);
      await redis.unlink(`${keyPrefix}queue`);
    },
  },
  {
    ...{ what: 'track clients', of: 'tracking', fails: 'does not track what clients read' },
    async attempt({ redis }) {
      // This client speaks the older protocol, which has pushes only for another connection: that may be itself.
      await redis.call('HELLO', '2');
      const id = await redis.call('CLIENT', 'ID');
      await redis.call('CLIENT', 'TRACKING', 'ON', 'REDIRECT', String(id));
    },
  },
];

/** A message from one connection must arrive at another one. */
async function sendMessage({ redis, keyPrefix, url }: Tried): Promise<void> {
  const subscriber = connectOnce(url);
  try {
    const heard = new Promise<void>((resolve) => subscriber.once('message', () => resolve()));
    await subscriber.connect();
    await subscriber.subscribe(`${keyPrefix}messages`);
    await redis.publish(`${keyPrefix}messages`, 'sent');
    const late = AbortSignal.timeout(messageLimitMs);
    const isLate = new Promise<never>((_, reject) => {
      late.addEventListener('abort', () => reject(new RangeError('one that was sent did not arrive')));
    });
    await Promise.race([heard, isLate]);
  } finally {
    subscriber.disconnect();
  }
}

/** What is wrong with an address, whoever listens there; null: nothing. Its text is not repeated: it may hold a password. */
function complainOfAddress(url: string): RedisTrial | null {
  if (!isAddress(url, ['redis:', 'rediss:']))
    return {
      what: 'connect',
      complaint: 'has no address that begins with redis:// or rediss://',
      remedy: 'Write it as redis://USER:PASSWORD@HOST:PORT, with what is special in a password as %-codes.',
    };
  if (/^\/?\d*$/.test(new URL(url).pathname)) return null;
  // The library would take database 0.
  return {
    what: 'connect',
    complaint: 'has an address that ends in a database which is no number',
    remedy: 'Name a database by its number, such as /0, or none.',
  };
}

function complain(what: string, fails: string, error: unknown): RedisTrial {
  // As one line.
  const words = wordsOf(error).trim().replaceAll(/\s+/g, ' ').replace(/\.$/, '');
  return { what, complaint: `${fails}: ${words}`, remedy: redisRemedy(words) };
}

/** A connection that is tried once: what ends it is told by the promise of `connect`, or by the command that fails. */
export function connectOnce(url: string): Redis {
  const redis = new Redis(url, {
    lazyConnect: true,
    connectTimeout: 2_000,
    commandTimeout: 5_000,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  redis.on('error', () => {});
  return redis;
}

/**
 * Does on a Redis what a run will do there, with keys of its own below the prefix, which it removes. What was tried, in order;
 * it ends with the first that fails.
 */
export async function tryRedis(
  url: string,
  keyPrefix: string,
  uses: readonly RedisUse[] = redisUses,
): Promise<readonly RedisTrial[]> {
  const wrong = complainOfAddress(url);
  if (wrong !== null) return [wrong];
  const redis = connectOnce(url);
  const tried: Tried = { redis, url, keyPrefix: `${keyPrefix}trial:${randomBytes(6).toString('hex')}:` };
  const trials: RedisTrial[] = [];
  const refusal = await refusalToConnect(redis);
  if (refusal !== null) {
    redis.disconnect();
    return [complain('connect', 'does not let us in', refusal)];
  }
  trials.push({ what: 'connect', complaint: null, remedy: '' });
  try {
    for (const { what, of, fails, attempt } of deeds) {
      if (!uses.includes(of)) continue;
      try {
        await attempt(tried);
        trials.push({ what, complaint: null, remedy: '' });
      } catch (error) {
        trials.push(complain(what, fails, error));
        break;
      }
    }
    if (trials.at(-1)?.complaint !== null)
      await redis.unlink(...['a', 'b', 'queue'].map((key) => tried.keyPrefix + key)).catch(() => {});
  } finally {
    redis.disconnect();
  }
  return trials;
}

/** Connects; why that fails, or null. A closed connection says only that it is closed, and the event before it says why. */
async function refusalToConnect(redis: Redis): Promise<unknown> {
  let reason: unknown = null;
  redis.on('error', (error: unknown) => (reason ??= error));
  try {
    await redis.connect();
    // When this is answered, what was wrong with the URL has been said too. The answer itself does not matter.
    await redis.ping();
    return reason;
  } catch (error) {
    return reason ?? (error instanceof ReplyError ? null : error);
  }
}

/** Throws when a Redis does not do what candidates will ask of it: nothing that was measured there would be of them. */
export async function requireWorkingRedis(
  { url, keyPrefix, name }: { readonly url: string; readonly keyPrefix: string; readonly name: string },
  uses: readonly RedisUse[],
  otherwise: { readonly remedy?: string; readonly logFile?: string },
): Promise<void> {
  const failed = (await tryRedis(url, keyPrefix, uses)).find(({ complaint }) => complaint !== null);
  if (failed === undefined) return;
  const { remedy = '', logFile } = otherwise;
  throw new CommandError('cannotProvision', `${name} ${failed.complaint}.`, {
    remedy: [failed.remedy, remedy].filter((part) => part !== '').join(' '),
    ...(logFile !== undefined && { logFile }),
  });
}
