import type { CommandConnection } from './redis-connection.ts';

/** What is sent to Redis and comes back from it. */
export type Payload = string | Buffer;

/** A script that Redis runs as one step (https://redis.io/docs/latest/develop/interact/programmability/eval-intro/). */
export type RedisScript = {
  /** Unique among the scripts of a connection. */
  readonly name: string;
  /** How many of its arguments are keys. */
  readonly keys: number;
  readonly lua: string;
};

/** Runs one of the scripts that were loaded. */
export type RunScript = (
  script: RedisScript,
  keys: readonly string[],
  args: readonly (Payload | number)[],
) => Promise<unknown>;

type ScriptMethod = (...args: readonly (Payload | number)[]) => Promise<unknown>;
/** ioredis adds a method of each script's name, of which its own types know nothing. */
type ScriptedConnection = CommandConnection & Readonly<Record<string, ScriptMethod>>;

/**
 * Makes scripts known to a connection, which sends the text of each once and then only its digest. They are all named beforehand:
 * a pipeline knows only those that were there when it began.
 */
export function loadScripts(redis: CommandConnection, scripts: readonly RedisScript[]): RunScript {
  const scripted = redis as ScriptedConnection;
  const methods = new Map<RedisScript, ScriptMethod>();
  for (const script of scripts) {
    redis.defineCommand(script.name, { numberOfKeys: script.keys, lua: script.lua });
    const method = scripted[script.name];
    if (method !== undefined) methods.set(script, (...args) => method.apply(redis, [...args]));
  }
  return (script, keys, args) => {
    const method = methods.get(script);
    if (method === undefined) throw new RangeError(`the script ${script.name} is not one of this connection`);
    return method(...keys, ...args);
  };
}
