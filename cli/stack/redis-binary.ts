import { execFile } from 'node:child_process';
import {
  accessSync,
  constants,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { CommandError } from '../errors.ts';
import type { StackContext } from './stack-context.ts';

const run = promisify(execFile);

export type RedisBinary = {
  readonly command: string;
  readonly source: string;
  /** Set where it was unpacked beside its libraries. */
  readonly env: Readonly<Record<string, string>>;
};

/** Debian's packages that make a server without touching the system; 1.5 MB together. */
const debianPackages = [
  'redis-tools',
  'redis-server',
  'libjemalloc2',
  'liblua5.1-0',
  'liblzf1',
  'lua-bitop',
  'lua-cjson',
];

/** The first program of these names on PATH. */
export function findOnPath(path: string, names: readonly string[]): string | null {
  for (const name of names) {
    for (const folder of path.split(delimiter)) {
      const file = join(folder, name);
      try {
        accessSync(file, constants.X_OK);
        return file;
      } catch {
        continue;
      }
    }
  }
  return null;
}

/** What is there already: on PATH, or unpacked earlier. */
export function findRedisBinary(context: StackContext): RedisBinary | null {
  const command = findOnPath(context.environment.path, ['redis-server', 'valkey-server']);
  if (command !== null) return { command, source: command, env: {} };
  const unpacked = join(context.paths.cache, 'redis');
  const binary = join(unpacked, 'usr', 'bin', 'redis-server');
  return existsSync(binary)
    ? { command: binary, source: unpacked, env: { LD_LIBRARY_PATH: libraryPath(unpacked) } }
    : null;
}

function libraryPath(unpacked: string): string {
  const base = join(unpacked, 'usr', 'lib');
  return [base, ...readdirSync(base).map((name) => join(base, name))].join(delimiter);
}

/** Finds a Redis, or unpacks Debian's into the cache folder, or says how to get one. */
export async function provideRedisBinary(context: StackContext): Promise<RedisBinary> {
  const found = findRedisBinary(context);
  if (found !== null) return found;
  if (
    findOnPath(context.environment.path, ['apt-get']) !== null &&
    findOnPath(context.environment.path, ['dpkg']) !== null
  ) {
    context.report('Unpacking Redis from the packages of this system (1.5 MB, once) ...');
    await unpackDebian(context);
    const unpacked = findRedisBinary(context);
    if (unpacked !== null) return unpacked;
  }
  throw new CommandError('cannotProvision', 'There is no redis-server and no valkey-server.', {
    remedy: 'Install one (apt-get install redis-server, brew install valkey), or set REDIS_URL.',
  });
}

async function unpackDebian(context: StackContext): Promise<void> {
  const folder = join(context.paths.cache, `redis.${process.pid}`);
  const state = join(folder, 'state');
  const packages = join(folder, 'packages');
  const root = join(folder, 'root');
  for (const path of [join(state, 'lists', 'partial'), packages, root]) mkdirSync(path, { recursive: true });
  const lists = [
    '-o',
    `Dir::State::lists=${join(state, 'lists')}`,
    '-o',
    `Dir::Cache=${state}`,
    '-o',
    'APT::Sandbox::User=root',
  ];
  const options = {
    cwd: packages,
    signal: context.signal,
    env: { ...context.environment.inherited, LC_ALL: 'C' },
  };
  try {
    await run('apt-get', [...lists, '-q', 'update'], options);
    await run('apt-get', [...lists, '-q', 'download', ...debianPackages], options);
    for (const name of readdirSync(packages)) await run('dpkg', ['-x', join(packages, name), root], options);
    // The server and its checker are one program that acts by its name; the package's own name for it is a link.
    const programs = join(root, 'usr', 'bin');
    rmSync(join(programs, 'redis-server'), { force: true });
    copyFileSync(join(programs, 'redis-check-rdb'), join(programs, 'redis-server'));
    rmSync(join(context.paths.cache, 'redis'), { recursive: true, force: true });
    renameSync(root, join(context.paths.cache, 'redis'));
  } catch (error) {
    const output = (error as { stderr?: string }).stderr?.trim().split('\n').at(-1) ?? String(error);
    throw new CommandError(
      context.signal.aborted ? 'interrupted' : 'cannotProvision',
      `Redis could not be unpacked: ${output}`,
      {
        remedy: 'Install it yourself (apt-get install redis-server), or set REDIS_URL.',
        cause: error,
      },
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
