import { createClient, defineScript, ErrorReply, RESP_TYPES } from '@redis/client';
import type { CommandParser } from '@redis/client';
import { createSystemClock } from '../../clock.ts';
import type { CacheObserver, DeliveryChange } from '../cache-events.ts';
import { createDeadlines } from '../../redis/deadlines.ts';
import { heartbeatMs, silenceMs } from './invalidation-bus.ts';
import type { InvalidationListener, InvalidationSource } from './invalidation-source.ts';
import { entityNameOf } from '../keys.ts';
import {
  commandTimeoutMs,
  connectTimeoutMs,
  connectWithin,
  reconnectDelayMs,
} from '../../redis/redis-connection.ts';
import type { PayloadKind, RedisCommands } from '../../redis/redis-commands.ts';
import type { Payload, RedisScript, RunScript } from '../../redis/redis-scripts.ts';

export type TrackingConnectionOptions = {
  readonly url: string;
  readonly keyPrefix: string;
  readonly payloads: PayloadKind;
  /** The scripts that are run on it. */
  readonly scripts: readonly RedisScript[];
  readonly observe: CacheObserver;
  /** How long a command may take. By default as long as a request may be held up. */
  readonly timeoutMs?: number;
};

/** A connection whose reads Redis remembers: it pushes the keys that change, on the connection that has read them. */
export type TrackingConnection = {
  readonly commands: RedisCommands;
  readonly createSource: (listener: InvalidationListener) => InvalidationSource;
};

type Arguments = readonly (Payload | number)[];

/** A script for node-redis. It is sent once for each connection and then named. */
function scriptOf({ lua, keys }: RedisScript) {
  return defineScript({
    SCRIPT: lua,
    NUMBER_OF_KEYS: keys,
    parseCommand(parser: CommandParser, keyNames: readonly string[], args: Arguments) {
      parser.pushKeys([...keyNames]);
      for (const argument of args) parser.push(typeof argument === 'number' ? String(argument) : argument);
    },
    transformReply: (reply: unknown) => reply,
  });
}

function connect({ url, payloads, scripts }: TrackingConnectionOptions) {
  const client = createClient({
    url,
    RESP: 3,
    emitInvalidate: true,
    disableOfflineQueue: true,
    commandOptions: {
      // It would only bound how long a command waits to be sent.
      timeout: 0,
      ...(payloads === 'bytes' && { typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer } }),
    },
    socket: {
      connectTimeout: connectTimeoutMs,
      reconnectStrategy: reconnectDelayMs,
    },
    scripts: Object.fromEntries(scripts.map((script) => [script.name, scriptOf(script)])),
  });
  // A connection error shows in the commands that fail; without a listener it would end the process.
  client.on('error', () => {});
  return client;
}

type TrackingClient = ReturnType<typeof connect>;

/** Runs the scripts that a client was made with: it has a method of the name of each, of which its type knows nothing. */
function createRunScript(client: object): RunScript {
  const methods = client as Readonly<
    Record<string, (keys: readonly string[], args: Arguments) => Promise<unknown>>
  >;
  return ({ name }, keys, args) => {
    const method = methods[name];
    if (method === undefined) throw new RangeError(`the script ${name} is not one of this connection`);
    return method.call(client, keys, args);
  };
}

/**
 * Redis's client tracking by node-redis (RESP3), since ioredis drops the pushes. It says nothing of a lost connection by
 * itself: whoever is disconnected must drop what it holds, and gets it back by reading again.
 */
export function createTrackingConnection(options: TrackingConnectionOptions): TrackingConnection {
  const client = connect(options);
  const commands = createCommands(client, options.timeoutMs);
  return {
    commands,
    createSource: (listener) => createSource(client, options, listener, commands.close),
  };
}

/** The commands of the shared tier, each answered in bounded time. */
function createCommands(client: TrackingClient, timeoutMs = commandTimeoutMs): RedisCommands {
  const runScript = createRunScript(client);
  const { within, stop } = createDeadlines(timeoutMs);
  return {
    get: (key) => within(client.get(key) as Promise<Payload | null>),
    mget: (keys) => within(client.mGet([...keys]) as Promise<(Payload | null)[]>),
    set: (key, payload, lifeMs) =>
      within(client.set(key, payload, { expiration: { type: 'PX', value: lifeMs } })),
    unlink: (keys) => within(client.unlink([...keys])),
    run: (script, keys, args) => within(runScript(script, keys, args)),
    isRefusal: (error) => error instanceof ErrorReply,
    close: () => {
      stop();
      if (client.isOpen) client.destroy();
    },
  };
}

/** What Redis pushes, and what becomes of the connection, told to a listener. `close` ends the connection. */
function createSource(
  client: TrackingClient,
  { keyPrefix, observe }: TrackingConnectionOptions,
  listener: InvalidationListener,
  close: () => void,
): InvalidationSource {
  const tell = (change: DeliveryChange): void => {
    observe.happened({ type: 'delivery', change });
    listener.onDelivery(change);
  };
  client.on('invalidate', (pushed: string | Buffer | null) => {
    // Null: all keys of this Redis have changed.
    if (pushed === null) return tell('loss-noticed');
    const key = pushed.toString();
    if (!key.startsWith(keyPrefix)) return;
    const ownKey = key.slice(keyPrefix.length);
    observe.happened({ type: 'invalidation', name: entityNameOf(ownKey), outcome: 'received' });
    listener.onInvalidation(ownKey, null);
  });
  let isDisconnected = true;
  const disconnected = (): void => {
    if (isDisconnected) return;
    isDisconnected = true;
    tell('disconnected');
  };
  const resumed = (): void => {
    isDisconnected = false;
    tell('resumed');
  };
  client.on('ready', resumed);
  for (const event of ['error', 'reconnecting', 'end'] as const) client.on(event, disconnected);
  const heartbeat = createHeartbeat(() => client.ping(), {
    silent: disconnected,
    heard() {
      if (isDisconnected) resumed();
    },
  });
  return {
    sender: null,
    async start() {
      await connectWithin(client);
      heartbeat.start();
    },
    async stop() {
      heartbeat.stop();
      close();
    },
  };
}

/** Asks for a sign of life: a connection that is open and dead says nothing of itself, nor of what was written. */
function createHeartbeat(
  ask: () => Promise<unknown>,
  tell: { readonly silent: () => void; readonly heard: () => void },
) {
  // In real time: a connection may die while a world's clock stands still.
  const { now } = createSystemClock();
  let heardAtMs = now();
  let isAsking = false;
  let timer: NodeJS.Timeout | undefined;
  const beat = async (): Promise<void> => {
    if (now() - heardAtMs > silenceMs) tell.silent();
    if (isAsking) return;
    isAsking = true;
    try {
      await ask();
      heardAtMs = now();
      tell.heard();
    } catch {
      // A connection that fails tells it by its events.
    } finally {
      isAsking = false;
    }
  };
  return {
    start() {
      heardAtMs = now();
      timer = setInterval(() => void beat(), heartbeatMs).unref();
    },
    stop: () => clearInterval(timer),
  };
}
