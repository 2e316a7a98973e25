import { execFile } from 'node:child_process';
import { accessSync, constants, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { CommandError } from '../errors.ts';
import { takeLock } from './slot-lock.ts';
import type { StackContext } from './stack-context.ts';

const run = promisify(execFile);

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

/** Whether packages of this system can be unpacked without installing them. */
export function canUnpackPackages({ environment }: StackContext): boolean {
  return ['apt-get', 'dpkg'].every((program) => findOnPath(environment.path, [program]) !== null);
}

export type PackagesToUnpack = {
  /** Where they end up, below the cache folder. */
  readonly folder: string;
  /** For messages. */
  readonly what: string;
  readonly packages: readonly string[];
  readonly remedy: string;
  /** Asked when nobody else unpacks them any more: whether another run has brought what is wanted. */
  readonly isThere: () => boolean;
  /** Absent: what a slow network needs. */
  readonly limitMs?: number;
  /** Puts right what the packages' own scripts would have. */
  readonly arrange?: (root: string) => void;
};

/** The lists and some tens of megabytes. */
const defaultLimitMs = 300_000;
const lockPollMs = 200;

/**
 * Unpacks Debian's packages into the cache folder, without touching the system; one run at a time. Throws
 * `cannotProvision`.
 */
export async function unpackPackages(context: StackContext, wanted: PackagesToUnpack): Promise<void> {
  const lock = join(context.paths.cache, `${wanted.folder}.lock`);
  while (!takeLock(lock)) {
    if (context.signal.aborted) throw new CommandError('interrupted', 'interrupted');
    await new Promise((resolve) => setTimeout(resolve, lockPollMs));
  }
  try {
    if (!wanted.isThere()) await unpack(context, wanted);
  } finally {
    rmSync(lock, { force: true });
  }
}

async function unpack(context: StackContext, wanted: PackagesToUnpack): Promise<void> {
  const { limitMs = defaultLimitMs } = wanted;
  const draft = join(context.paths.cache, `${wanted.folder}.${process.pid}`);
  const state = join(draft, 'state');
  const packages = join(draft, 'packages');
  const root = join(draft, 'root');
  for (const path of [join(state, 'lists', 'partial'), packages, root]) mkdirSync(path, { recursive: true });
  const lists = [
    '-o',
    `Dir::State::lists=${join(state, 'lists')}`,
    '-o',
    `Dir::Cache=${state}`,
    '-o',
    'APT::Sandbox::User=root',
  ];
  const limit = AbortSignal.timeout(limitMs);
  const options = {
    cwd: packages,
    signal: AbortSignal.any([context.signal, limit]),
    env: context.environment.ofTools,
  };
  try {
    await run('apt-get', [...lists, '-q', 'update'], options);
    await run('apt-get', [...lists, '-q', 'download', ...wanted.packages], options);
    for (const name of readdirSync(packages)) await run('dpkg', ['-x', join(packages, name), root], options);
    wanted.arrange?.(root);
    const destination = join(context.paths.cache, wanted.folder);
    rmSync(destination, { recursive: true, force: true });
    renameSync(root, destination);
  } catch (error) {
    const output = (error as { stderr?: string }).stderr?.trim().split('\n').at(-1) || String(error);
    throw new CommandError(
      context.signal.aborted ? 'interrupted' : 'cannotProvision',
      `${wanted.what} could not be unpacked: ${limit.aborted ? `it took longer than ${limitMs / 1000} s` : output}`,
      { remedy: wanted.remedy, cause: error },
    );
  } finally {
    // What was ended may still write for a moment.
    rmSync(draft, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
}
