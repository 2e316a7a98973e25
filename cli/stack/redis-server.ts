import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { RedisUse } from '../../app/contract/system.ts';
import { CommandError } from '../errors.ts';
import { readTreeCpuUs } from './cpu-accounting.ts';
import { findFreePort } from './free-port.ts';
import { ownRun } from './own-run.ts';
import { provideRedisBinary } from './redis-binary.ts';
import { reasonOfEnd } from './reason-of-end.ts';
import { redisRemedy } from './redis-remedies.ts';
import { connectOnce, requireWorkingRedis } from './redis-trials.ts';
import { codeOf, wordsOf } from './server-words.ts';
import type { StackContext } from './stack-context.ts';
import { startProcess } from './supervised-process.ts';
import type { SupervisedProcess } from './supervised-process.ts';

export type RedisServer = {
  readonly source: string;
  readonly version: string;
  readonly url: string;
  readonly keyPrefix: string;
  readonly pid: number | null;
  readonly logFile: string | null;
  readonly isAlive: () => boolean;
  readonly cpuUs: () => number | null;
  /** Resolves when the process has ended; never for a Redis that is not ours. */
  readonly ended: () => Promise<void>;
  /** Starts it again where it was: empty, unless it is durable. */
  readonly startAgain: () => Promise<void>;
  /** Removes the keys that begin so, after the prefix of this Redis. */
  readonly removeKeys: (starts: readonly string[]) => Promise<void>;
  readonly stop: () => Promise<void>;
};

const startLimitMs = 15_000;
const pollMs = 20;
const portAttempts = 3;

/** The settings of a Redis that is started here. That of REDIS_URL is as its owner has set it. */
export type RedisNeeds = {
  readonly name: string;
  /** Whether it must keep what it has acknowledged when it is killed. Else it is a cache, with nothing on disk. */
  readonly isDurable?: boolean;
  readonly memoryBytes?: number;
  /** Its `maxmemory-policy`. */
  readonly eviction?: string;
  /** What it must be able to do. */
  readonly uses?: readonly RedisUse[];
};

const ownKeyPrefix = 'darkroom:';

/** What any Redis of a candidate must do. */
const usualUses = ['entries'] as const;

function settingsOf({
  isDurable = false,
  memoryBytes = 256 * 2 ** 20,
  eviction = 'allkeys-lru',
}: RedisNeeds) {
  return [
    'bind 127.0.0.1',
    'save ""',
    `maxmemory ${memoryBytes}`,
    `maxmemory-policy ${eviction}`,
    ...(isDurable ? ['appendonly yes', 'appendfsync always'] : ['appendonly no']),
  ];
}

/** A Redis process of its own, or keys under a prefix of their own in the Redis of REDIS_URL. */
export async function startRedis(context: StackContext, needs: RedisNeeds): Promise<RedisServer> {
  const { redisUrl } = context.environment;
  return redisUrl === null ? startOwn(context, needs) : useGiven(redisUrl, needs);
}

function versionIn(info: string): string {
  return /(?:valkey|redis)_version:(\S+)/.exec(info)?.[1] ?? 'unknown';
}

async function useGiven(url: string, { uses = usualUses }: RedisNeeds): Promise<RedisServer> {
  const keyPrefix = `darkroom:${randomBytes(6).toString('hex')}:`;
  await requireGivenRedis(url, keyPrefix, uses);
  return {
    source: 'REDIS_URL',
    version: await readVersion(url),
    url,
    keyPrefix,
    pid: null,
    logFile: null,
    isAlive: () => true,
    cpuUs: () => null,
    ended: () => new Promise<void>(() => {}),
    startAgain: async () => {},
    removeKeys: (starts) => removeKeys(url, keyPrefix, starts),
    stop: () => removeKeys(url, keyPrefix, ['']),
  };
}

/** Throws before anything is made when a run could not use the Redis of REDIS_URL. */
export function requireGivenRedis(
  url: string,
  keyPrefix: string,
  uses: readonly RedisUse[] = usualUses,
): Promise<void> {
  return requireWorkingRedis({ url, keyPrefix, name: 'The Redis of REDIS_URL' }, uses, {
    remedy: 'Mend or unset REDIS_URL; without it a server is started.',
  });
}

/** The version of the server; empty where the user of the URL is not allowed to ask (INFO). */
async function readVersion(url: string): Promise<string> {
  const redis = connectOnce(url);
  try {
    await redis.connect();
    return versionIn(await redis.info('server').catch(() => ''));
  } finally {
    redis.disconnect();
  }
}

/** Removes the keys of ours that begin in one of these ways. Looks at all keys once: at a million of them that takes a second. */
async function removeKeys(url: string, keyPrefix: string, starts: readonly string[]): Promise<void> {
  const redis = connectOnce(url);
  try {
    await redis.connect();
    let cursor = '0';
    do {
      const [next, keys] = await redis.scan(cursor, 'MATCH', `${keyPrefix}*`, 'COUNT', 1_000);
      cursor = next;
      const removed = keys.filter((key) => starts.some((start) => key.startsWith(keyPrefix + start)));
      if (removed.length > 0) await redis.unlink(...removed);
    } while (cursor !== '0');
  } finally {
    redis.disconnect();
  }
}

async function startOwn(context: StackContext, needs: RedisNeeds): Promise<RedisServer> {
  const { name } = needs;
  const binary = await provideRedisBinary(context);
  const folder = join(ownRun(context.paths).folder, name);
  const password = randomBytes(18).toString('base64url');
  const launch = (port: number): Promise<SupervisedProcess> => {
    // The folder may be gone: programs that clean up temporary files remove folders that stay empty.
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    return startProcess(context, {
      name,
      command: binary.command,
      args: ['-'],
      env: binary.env,
      cwd: folder,
      // The data lie in the working folder (`dir ./`): its path may hold characters that a configuration
      // reads otherwise. The settings come by standard input, so that no other user of the machine sees the
      // password among the arguments.
      input: [...settingsOf(needs), `port ${port}`, 'dir ./', `requirepass ${password}`, ''].join('\n'),
    });
  };
  for (let attempt = 1; ; attempt += 1) {
    const port = await findFreePort();
    const server = await launch(port);
    const url = `redis://:${password}@127.0.0.1:${port}`;
    const answer = await awaitVersion(context, server, url);
    if ('version' in answer) {
      const redis = describe({
        context,
        server,
        url,
        version: answer.version,
        folder,
        source: binary.source,
        relaunch: () => launch(port),
      });
      await requireOwn(redis, needs);
      return redis;
    }
    const hasEnded = !server.isAlive();
    await server.stop();
    if (context.signal.aborted) throw new CommandError('interrupted', 'interrupted');
    // A server that lives has its port: another one is tried only for a server that ended, since somebody may have taken the
    // port.
    if (!hasEnded) throw cannotReach(server, answer.failure);
    if (attempt === portAttempts) throw cannotStart(server);
  }
}

/** Stops a server that has started but cannot do what a candidate needs, for instance since its disk is full, and throws. */
async function requireOwn(redis: RedisServer, { name, uses = usualUses }: RedisNeeds): Promise<void> {
  const { url, keyPrefix, logFile } = redis;
  try {
    await requireWorkingRedis(
      { url, keyPrefix, name: `The Redis started as ${name}` },
      uses,
      logFile === null ? {} : { logFile },
    );
  } catch (error) {
    await redis.stop();
    throw error;
  }
}

type StartedRedis = {
  readonly context: StackContext;
  readonly server: SupervisedProcess;
  readonly url: string;
  readonly version: string;
  readonly folder: string;
  readonly source: string;
  readonly relaunch: () => Promise<SupervisedProcess>;
};

function describe({
  context,
  server: first,
  url,
  version,
  folder,
  source,
  relaunch,
}: StartedRedis): RedisServer {
  let server = first;
  return {
    source,
    version,
    url,
    keyPrefix: ownKeyPrefix,
    get pid() {
      return server.pid;
    },
    logFile: first.logFile,
    isAlive: () => server.isAlive(),
    cpuUs: () => readTreeCpuUs(server.pid),
    ended: async () => void (await server.exited),
    async startAgain() {
      server = await relaunch();
      if ('version' in (await awaitVersion(context, server, url))) return;
      // The server may hang, and the next attempt needs its port.
      await server.stop();
      throw cannotStart(server);
    },
    removeKeys: (starts) => removeKeys(url, ownKeyPrefix, starts),
    async stop() {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function cannotStart({ logFile, lastLines }: SupervisedProcess): CommandError {
  return new CommandError('cannotProvision', `Redis does not start:\n  ${reasonOfEnd({ lastLines }, null)}`, {
    logFile,
    remedy: 'To begin anew, without what is kept: darkroom clean.',
  });
}

/** The error for a server that has started, and yet does not let us connect. */
function cannotReach({ logFile }: SupervisedProcess, failure: unknown): CommandError {
  const words = wordsOf(failure);
  return new CommandError('cannotProvision', `The Redis that was started cannot be reached: ${words}`, {
    remedy: redisRemedy(words),
    logFile,
    cause: failure,
  });
}

/** What a server answers, or the system for it, while it is starting; anything else will not change by itself. */
const isStarting = /^(?:ECONNREFUSED|ECONNRESET|ETIMEDOUT|LOADING)$|closed|timed out/;

/** The version once the server answers; why not, when it ends before, the limit is reached, or waiting would not help. */
async function awaitVersion(
  context: StackContext,
  server: SupervisedProcess,
  url: string,
): Promise<{ readonly version: string } | { readonly failure: unknown }> {
  const giveUpAt = performance.now() + startLimitMs;
  let failure: unknown = new RangeError('it has ended');
  while (server.isAlive() && performance.now() < giveUpAt && !context.signal.aborted) {
    const redis = connectOnce(url);
    let reason: unknown = null;
    redis.on('error', (error: unknown) => (reason ??= error));
    try {
      await redis.connect();
      return { version: versionIn(await redis.info('server')) };
    } catch (error) {
      // The library only says that the connection is closed.
      failure = reason ?? error;
      if (!isStarting.test(codeOf(failure) ?? wordsOf(failure))) return { failure };
      await new Promise((resolve) => setTimeout(resolve, pollMs));
    } finally {
      redis.disconnect();
    }
  }
  return { failure };
}
