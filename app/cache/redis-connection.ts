import { Redis, ReplyError } from 'ioredis';
import type { RedisOptions } from 'ioredis';

/** An answer from a healthy Redis takes a millisecond; this is how long a frozen one may hold up a request. */
export const commandTimeoutMs = 200;
const connectTimeoutMs = 1_000;
const reconnectMaxMs = 1_000;

const shared = {
  lazyConnect: true,
  connectTimeout: connectTimeoutMs,
  retryStrategy: (attempt: number) => Math.min(50 * 2 ** Math.min(attempt, 10), reconnectMaxMs),
} satisfies RedisOptions;

/**
 * A connection for commands. By default ioredis waits for ever for a frozen server and sends lost commands again; here a
 * command fails in bounded time, once, and is never sent twice.
 */
export function createCommandConnection(url: string): Redis {
  return quiet(
    new Redis(url, {
      ...shared,
      commandTimeout: commandTimeoutMs,
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      autoResendUnfulfilledCommands: false,
      enableAutoPipelining: true,
    }),
  );
}

/** A connection for pub/sub: it waits for messages as long as it lives, and subscribes again when it comes back. */
export function createSubscriberConnection(url: string): Redis {
  return quiet(new Redis(url, { ...shared, maxRetriesPerRequest: null, autoResubscribe: true }));
}

/** Whether an error is the server's own answer, as opposed to none within the time allowed. */
export function isRefusal(error: unknown): boolean {
  return error instanceof ReplyError;
}

/** A connection error shows in the commands that fail; without a listener it would end the process. */
function quiet(redis: Redis): Redis {
  redis.on('error', () => {});
  return redis;
}
