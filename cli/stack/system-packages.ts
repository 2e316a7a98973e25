import { execFile } from 'node:child_process';
import { accessSync, constants, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { CommandError } from '../errors.ts';
import { awaitLock } from './file-lock.ts';
import type { StackContext } from './stack-context.ts';
import { digestOfFolder, markFileOf, placeWhole, stateOfFolder, writeMark } from './whole-folder.ts';

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
  /** Told when they are unpacked, for that takes a while. */
  readonly notice: string;
  readonly packages: readonly string[];
  readonly remedy: string;
  /** Asked when nobody else unpacks them any more: whether another run has brought what is wanted. */
  readonly isThere: () => boolean;
  /** Asked of what an earlier version unpacked, which did not say of it that it is complete; absent: it is not used. */
  readonly doesRun?: (root: string) => Promise<boolean>;
  /** Absent: what a slow network needs. */
  readonly limitMs?: number;
  /** Puts right what the packages' own scripts would have. */
  readonly arrange?: (root: string) => void;
};

/** The lists and some tens of megabytes. */
const defaultLimitMs = 300_000;
const versionLimitMs = 20_000;

/** Changes when what is unpacked, or how it is arranged, does. */
const layout = '1';

/** What was unpacked completely into the cache folder; null for anything else. */
export function findUnpacked({ paths }: StackContext, folder: string): string | null {
  const root = join(paths.cache, folder);
  return stateOfFolder(root, layout) === 'whole' ? root : null;
}

/**
 * Unpacks Debian's packages into the cache folder, without touching the system; one run at a time. Throws
 * `cannotProvision`.
 */
export async function unpackPackages(context: StackContext, wanted: PackagesToUnpack): Promise<void> {
  const lock = await awaitLock(
    context,
    join(context.paths.cache, `${wanted.folder}.lock`),
    `unpacking ${wanted.folder}`,
  );
  try {
    if (wanted.isThere()) return;
    const root = join(context.paths.cache, wanted.folder);
    const isOfBefore = existsSync(root) && !existsSync(markFileOf(root));
    if (isOfBefore && (await wanted.doesRun?.(root)))
      writeMark(root, { version: layout, digest: digestOfFolder(root) });
    else await unpack(context, wanted);
  } finally {
    lock.release();
  }
}

/** Whether a program starts at all. */
export async function doesStart(
  context: StackContext,
  command: string,
  env: Readonly<Record<string, string>> = {},
): Promise<boolean> {
  try {
    await run(command, ['--version'], {
      timeout: versionLimitMs,
      env: { ...context.environment.ofTools, ...env },
    });
    return true;
  } catch {
    return false;
  }
}

async function unpack(context: StackContext, wanted: PackagesToUnpack): Promise<void> {
  const { limitMs = defaultLimitMs } = wanted;
  const destination = join(context.paths.cache, wanted.folder);
  const isMending = existsSync(destination);
  if (isMending) context.report(`${wanted.what} in ${destination} cannot be used as it is.`);
  context.report(wanted.notice);
  const draft = `${destination}.new`;
  rmSync(draft, { recursive: true, force: true });
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
    placeWhole(root, destination, layout);
  } catch (error) {
    const output = (error as { stderr?: string }).stderr?.trim().split('\n').at(-1) || String(error);
    throw new CommandError(
      context.signal.aborted ? 'interrupted' : 'cannotProvision',
      `${wanted.what} could not be unpacked: ${limit.aborted ? `it took longer than ${limitMs / 1000} s` : output}`,
      { remedy: `${wanted.remedy}${isMending ? ' To begin anew: darkroom clean.' : ''}`, cause: error },
    );
  } finally {
    // A program that was ended may still write into the draft for a moment.
    rmSync(draft, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
}
