import { ReplyError } from 'ioredis';
import type { Redis } from 'ioredis';
import type { Codec, Payload } from '../codec.ts';
import { createDeadlines } from './deadlines.ts';
import { commandTimeoutMs } from './redis-connection.ts';
import { redisScripts } from './redis-scripts.ts';
import type { RedisScript } from './redis-scripts.ts';

/** The few commands that the redis tier uses, whichever client sends them. All reject when Redis refuses or is silent. */
export type RedisCommands = {
  get(key: string): Promise<Payload | null>;
  mget(keys: readonly string[]): Promise<readonly (Payload | null)[]>;
  set(key: string, payload: Payload, lifeMs: number): Promise<unknown>;
  unlink(keys: readonly string[]): Promise<unknown>;
  run(script: RedisScript, keys: readonly string[], args: readonly (Payload | number)[]): Promise<unknown>;
  /** Whether an error is the server's own answer, as opposed to none within the time allowed. */
  isRefusal(error: unknown): boolean;
  close(): void;
};

type ScriptedRedis = Redis & Record<RedisScript['name'], (...args: (Payload | number)[]) => Promise<unknown>>;

/**
 * The commands by ioredis, each answered in bounded time, so that the connection needs no time-out of its own. A script is sent
 * once for each connection and then named.
 */
export function createRedisCommands(
  redis: Redis,
  payloads: Codec['payloads'],
  timeoutMs: number = commandTimeoutMs,
): RedisCommands {
  for (const { name, keys, lua } of redisScripts) redis.defineCommand(name, { numberOfKeys: keys, lua });
  const scripted = redis as ScriptedRedis;
  const isText = payloads === 'text';
  const { within, stop } = createDeadlines(timeoutMs);
  return {
    get: (key) => within<Payload | null>(isText ? redis.get(key) : redis.getBuffer(key)),
    mget: (keys) => within<(Payload | null)[]>(isText ? redis.mget([...keys]) : redis.mgetBuffer([...keys])),
    set: (key, payload, lifeMs) => within(redis.set(key, payload, 'PX', lifeMs)),
    unlink: (keys) => within(redis.unlink([...keys])),
    run: ({ name }, keys, args) => within(scripted[name](...keys, ...args)),
    isRefusal: (error) => error instanceof ReplyError,
    close() {
      stop();
      redis.disconnect();
    },
  };
}
