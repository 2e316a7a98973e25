import { Redis, ReplyError } from 'ioredis';
import type { RedisOptions } from 'ioredis';

/** An answer from a healthy Redis takes a millisecond; this is how long a frozen one may hold up a request. */
export const commandTimeoutMs = 200;
export const connectTimeoutMs = 1_000;
const reconnectMaxMs = 1_000;

/** How long to wait before the next attempt. */
export function reconnectDelayMs(attempt: number): number {
  return Math.min(50 * 2 ** Math.min(attempt, 10), reconnectMaxMs);
}

/** A connection that answers in bounded time or fails. */
export type CommandConnection = Redis;

/** Whether an error is the server's own answer, as opposed to none within the time allowed. */
export function isReply(error: unknown): boolean {
  return error instanceof ReplyError;
}

const shared = {
  lazyConnect: true,
  connectTimeout: connectTimeoutMs,
  retryStrategy: reconnectDelayMs,
} satisfies RedisOptions;

/**
 * A connection for commands. By default ioredis waits for ever for a frozen server and sends lost commands again; here a
 * command fails in bounded time, once, and is never sent twice. `timeoutMs`: null where somebody else bounds the time.
 */
export function createCommandConnection(
  url: string,
  timeoutMs: number | null = commandTimeoutMs,
): CommandConnection {
  return quiet(
    new Redis(url, {
      ...shared,
      ...(timeoutMs !== null && { commandTimeout: timeoutMs }),
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      autoResendUnfulfilledCommands: false,
      enableAutoPipelining: true,
    }),
  );
}

/** A connection that hears what is published. */
export type SubscriberConnection = Redis;

/** A connection for pub/sub: it waits for messages as long as it lives, and subscribes again when it comes back. */
export function createSubscriberConnection(url: string): SubscriberConnection {
  return quiet(new Redis(url, { ...shared, maxRetriesPerRequest: null, autoResubscribe: true }));
}

/** A connection error shows in the commands that fail; without a listener it would end the process. */
function quiet(redis: Redis): Redis {
  redis.on('error', () => {});
  return redis;
}

/** How long a start waits for Redis before it goes on without: its tier then answers with misses until it is there. */
const connectWaitMs = 2_000;

/** Waits until a lazy connection is there, or for a bounded time; afterwards it goes on connecting by itself. */
export async function connectWithin(connection: { connect(): Promise<unknown> }): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const limit = setTimeout(resolve, connectWaitMs);
  await Promise.race([connection.connect().catch(() => {}), promise]);
  clearTimeout(limit);
}
