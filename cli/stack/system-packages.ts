import { execFile } from 'node:child_process';
import { accessSync, constants, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { CommandError } from '../errors.ts';
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
  /** Puts right what the packages' own scripts would have. */
  readonly arrange?: (root: string) => void;
};

/** Unpacks Debian's packages into the cache folder, without touching the system. Throws `cannotProvision`. */
export async function unpackPackages(context: StackContext, wanted: PackagesToUnpack): Promise<void> {
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
  const options = {
    cwd: packages,
    signal: context.signal,
    env: { ...context.environment.inherited, LC_ALL: 'C' },
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
    const output = (error as { stderr?: string }).stderr?.trim().split('\n').at(-1) ?? String(error);
    throw new CommandError(
      context.signal.aborted ? 'interrupted' : 'cannotProvision',
      `${wanted.what} could not be unpacked: ${output}`,
      { remedy: wanted.remedy, cause: error },
    );
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}
