import type { Clock } from '../clock.ts';
import { DarkroomError } from '../errors.ts';
import { createCircuitBreaker } from '../redis/circuit-breaker.ts';
import { createDeadlines } from '../redis/deadlines.ts';
import { createRedisCommands } from '../redis/redis-commands.ts';
import {
  commandTimeoutMs,
  connectWithin,
  createCommandConnection,
  createSubscriberConnection,
} from '../redis/redis-connection.ts';
import type { Payload, RedisScript } from '../redis/redis-scripts.ts';

export type RedisPlace = { readonly url: string; readonly keyPrefix: string };

/** The Redis of a world, as counters use it. All reject with an error of ours when it does not answer. */
export type CounterRedis = {
  readonly keyPrefix: string;
  mget(keys: readonly string[]): Promise<readonly (string | null)[]>;
  set(key: string, value: string, lifeMs: number): Promise<void>;
  unlink(keys: readonly string[]): Promise<void>;
  run(script: RedisScript, keys: readonly string[], args: readonly (Payload | number)[]): Promise<unknown>;
  publish(channel: string, message: string): Promise<void>;
  close(): void;
};

/** `clock`: a real one, since whether a Redis lives is a matter of real time. One that is silent is asked now and then only, so that it does not hold up every request. */
export async function openCounterRedis(
  { url, keyPrefix }: RedisPlace,
  clock: Clock,
  scripts: readonly RedisScript[],
  timeoutMs = commandTimeoutMs,
): Promise<CounterRedis> {
  const connection = createCommandConnection(url, null);
  const commands = createRedisCommands(connection, 'text', scripts, timeoutMs);
  const deadlines = createDeadlines(timeoutMs);
  const breaker = createCircuitBreaker(clock);
  const guarded = async <T>(send: () => Promise<T>): Promise<T> => {
    if (!breaker.allows()) throw new DarkroomError('REDIS_UNAVAILABLE', 'Redis did not answer a moment ago.');
    try {
      const answer = await send();
      breaker.succeeded();
      return answer;
    } catch (error) {
      // A server that refuses is there.
      if (commands.isRefusal(error)) breaker.succeeded();
      else breaker.failed();
      throw error;
    }
  };
  await connectWithin(connection);
  return {
    keyPrefix,
    mget: (keys) =>
      guarded(async () =>
        (await commands.mget(keys)).map((value) => (value === null ? null : String(value))),
      ),
    set: (key, value, lifeMs) => guarded(async () => void (await commands.set(key, value, lifeMs))),
    unlink: (keys) => guarded(async () => void (await commands.unlink(keys))),
    run: (script, keys, args) => guarded(() => commands.run(script, keys, args)),
    publish: (channel, message) =>
      guarded(async () => void (await deadlines.within(connection.publish(channel, message)))),
    close() {
      deadlines.stop();
      commands.close();
    },
  };
}

/** Hears what is published on a channel, until it is closed; what is said while Redis is away is lost. */
export async function hearChannel(
  { url }: RedisPlace,
  channel: string,
  heard: (message: string) => void,
): Promise<{ close(): void }> {
  const connection = createSubscriberConnection(url);
  connection.on('message', (_channel: string, message: string) => heard(message));
  await connectWithin(connection);
  // It is said again by itself when the connection comes back.
  void connection.subscribe(channel).catch(() => {});
  return { close: () => connection.disconnect() };
}
