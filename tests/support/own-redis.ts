import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { readEnvironment } from '../../cli/environment.ts';
import { bindToOwner } from '../../cli/stack/death-signal.ts';
import { findFreePort } from '../../cli/stack/free-port.ts';
import { provideRedisBinary } from '../../cli/stack/redis-binary.ts';
import { resolvePaths } from '../../cli/stack/stack-paths.ts';
import { waitUntil } from './wait-until.ts';

/** A Redis process that a test may freeze and kill. */
export type OwnRedis = {
  readonly url: string;
  freeze(): void;
  thaw(): void;
  kill(): Promise<void>;
  /** Starts again after `kill` at the same address: empty, unless its settings make it write to disk. */
  start(): Promise<void>;
  /** Runs one command on a connection of its own. */
  command(name: string, ...args: string[]): Promise<unknown>;
  stop(): Promise<void>;
};

export async function startOwnRedis(...settings: string[]): Promise<OwnRedis> {
  const environment = readEnvironment();
  const paths = resolvePaths(join(import.meta.dirname, '..', '..'), environment);
  const signal = new AbortController().signal;
  const binary = await provideRedisBinary({ environment, paths, signal, report: () => {} });
  let port = 0;
  let child: ChildProcess | undefined;

  const urlOf = (): string => `redis://127.0.0.1:${port}`;
  const command = async (name: string, ...args: string[]): Promise<unknown> => {
    const redis = new Redis(urlOf(), {
      lazyConnect: true,
      retryStrategy: () => null,
      commandTimeout: 30_000,
    });
    redis.on('error', () => {});
    try {
      await redis.connect();
      return await redis.call(name, ...args);
    } finally {
      redis.disconnect();
    }
  };
  const isAlive = (): boolean => child?.exitCode === null && child.signalCode === null;
  const kill = async (): Promise<void> => {
    if (child === undefined || !isAlive()) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  };
  /** False: it has ended, as where somebody else has its port by now. */
  const comesUp = async (): Promise<boolean> => {
    const args = [
      '--port',
      String(port),
      '--bind',
      '127.0.0.1',
      '--save',
      '',
      '--appendonly',
      'no',
      ...settings,
    ];
    const bound = bindToOwner({ command: binary.command, args }, { signal: 'SIGKILL' });
    child = spawn(bound.command, bound.args, {
      stdio: 'ignore',
      env: { ...environment.ofChildren, ...binary.env },
    });
    const answers = () =>
      command('PING').then(
        () => true,
        () => false,
      );
    await waitUntil(async () => !isAlive() || (await answers()));
    return isAlive();
  };
  // A test that ends early must not leave it behind, where the kernel does not see to that.
  const endWithProcess = () => void child?.kill('SIGKILL');
  process.once('exit', endWithProcess);
  await waitUntil(async () => {
    port = await findFreePort();
    return comesUp();
  });
  return {
    url: urlOf(),
    freeze: () => void child?.kill('SIGSTOP'),
    thaw: () => void child?.kill('SIGCONT'),
    kill,
    start: () => waitUntil(comesUp),
    command,
    async stop() {
      process.off('exit', endWithProcess);
      await kill();
    },
  };
}

const filesInMemory = '/dev/shm';

/**
 * For what a Redis syncs at every write: in memory, where the system has such files. A disk that others keep busy may take longer than a
 * command has, and no process that is killed knows the difference.
 */
export const makeLogFolder = (): string =>
  mkdtempSync(join(existsSync(filesInMemory) ? filesInMemory : tmpdir(), 'darkroom-aof-'));

/** One that keeps what it acknowledges. */
export async function startDurableRedis(): Promise<OwnRedis> {
  const folder = makeLogFolder();
  const redis = await startOwnRedis('--appendonly', 'yes', '--appendfsync', 'always', '--dir', folder);
  return {
    ...redis,
    async stop() {
      await redis.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
