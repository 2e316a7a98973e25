import { createDeadlines } from './deadlines.ts';
import { commandTimeoutMs, isReply } from './redis-connection.ts';
import type { CommandConnection } from './redis-connection.ts';
import { loadScripts } from './redis-scripts.ts';
import type { Payload, RedisScript, RunScript } from './redis-scripts.ts';

/** How values come back from Redis. */
export type PayloadKind = 'text' | 'bytes';

/** The few commands that the service uses, whichever client sends them. All reject when Redis refuses or is silent. */
export type RedisCommands = {
  get(key: string): Promise<Payload | null>;
  mget(keys: readonly string[]): Promise<readonly (Payload | null)[]>;
  set(key: string, payload: Payload, lifeMs: number): Promise<unknown>;
  unlink(keys: readonly string[]): Promise<unknown>;
  readonly run: RunScript;
  /** Whether an error is the server's own answer, as opposed to none within the time allowed. */
  isRefusal(error: unknown): boolean;
  close(): void;
};

/** The commands by ioredis, each answered in bounded time, so that the connection needs no time-out of its own. */
export function createRedisCommands(
  redis: CommandConnection,
  payloads: PayloadKind,
  scripts: readonly RedisScript[],
  timeoutMs: number = commandTimeoutMs,
): RedisCommands {
  const runScript = loadScripts(redis, scripts);
  const isText = payloads === 'text';
  const { within, stop } = createDeadlines(timeoutMs);
  return {
    get: (key) => within<Payload | null>(isText ? redis.get(key) : redis.getBuffer(key)),
    mget: (keys) => within<(Payload | null)[]>(isText ? redis.mget([...keys]) : redis.mgetBuffer([...keys])),
    set: (key, payload, lifeMs) => within(redis.set(key, payload, 'PX', lifeMs)),
    unlink: (keys) => within(redis.unlink([...keys])),
    run: (script, keys, args) => within(runScript(script, keys, args)),
    isRefusal: isReply,
    close() {
      stop();
      redis.disconnect();
    },
  };
}
