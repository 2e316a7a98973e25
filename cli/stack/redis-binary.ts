import { copyFileSync, existsSync, readdirSync, rmSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { CommandError } from '../errors.ts';
import type { StackContext } from './stack-context.ts';
import { canUnpackPackages, doesStart, findOnPath, findUnpacked, unpackPackages } from './system-packages.ts';

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

/** What is there already: on PATH, or unpacked earlier. */
export function findRedisBinary(context: StackContext): RedisBinary | null {
  const command = findOnPath(context.environment.path, ['redis-server', 'valkey-server']);
  if (command !== null) return { command, source: command, env: {} };
  const unpacked = findUnpacked(context, 'redis');
  if (unpacked === null) return null;
  return binaryIn(unpacked);
}

function binaryIn(root: string): RedisBinary {
  const command = join(root, 'usr', 'bin', 'redis-server');
  return { command, source: root, env: { LD_LIBRARY_PATH: libraryPath(root) } };
}

function libraryPath(unpacked: string): string {
  const base = join(unpacked, 'usr', 'lib');
  const inner = existsSync(base) ? readdirSync(base) : [];
  return [base, ...inner.map((name) => join(base, name))].join(delimiter);
}

/** Finds a Redis, or unpacks Debian's into the cache folder, or says how to get one. */
export async function provideRedisBinary(context: StackContext): Promise<RedisBinary> {
  const found = findRedisBinary(context);
  if (found !== null) return found;
  if (canUnpackPackages(context)) {
    await unpackPackages(context, {
      folder: 'redis',
      what: 'Redis',
      notice: 'Unpacking Redis from the packages of this system (1.5 MB, once) ...',
      packages: debianPackages,
      remedy: 'Install it yourself (apt-get install redis-server), or set REDIS_URL.',
      isThere: () => findRedisBinary(context) !== null,
      doesRun: async (root) => {
        const { command, env } = binaryIn(root);
        return doesStart(context, command, env);
      },
      arrange: nameServer,
    });
    const unpacked = findRedisBinary(context);
    if (unpacked !== null) return unpacked;
  }
  throw new CommandError('cannotProvision', 'There is no redis-server and no valkey-server.', {
    remedy: 'Install one (apt-get install redis-server, brew install valkey), or set REDIS_URL.',
  });
}

/** The server and its checker are one program that acts by its name; the package's own name for it is a link. */
function nameServer(root: string): void {
  const programs = join(root, 'usr', 'bin');
  rmSync(join(programs, 'redis-server'), { force: true });
  copyFileSync(join(programs, 'redis-check-rdb'), join(programs, 'redis-server'));
}
