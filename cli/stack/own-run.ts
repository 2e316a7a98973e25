import { execFileSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, constants, mkdirSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CommandError } from '../errors.ts';
import { holdLock } from './file-lock.ts';
import type { FileLock } from './file-lock.ts';
import { readJsonFile } from './json-file.ts';
import { ProcessIdentityForm, identityOf } from './process-identity.ts';
import type { ProcessIdentity } from './process-identity.ts';
import type { StackPaths } from './stack-paths.ts';

/**
 * What this process has for as long as it lives, so that others can tell: locks of a random name beside data and results,
 * which the kernel lets go of when it ends, and a folder for what is not kept.
 */
export type OwnRun = {
  readonly id: string;
  /** For working folders; removed when we end, and by the next start when we were killed. */
  readonly folder: string;
  /** For children to inherit: as long as one of them lives, `isAnybodyAlive`. */
  readonly sign: number;
  /**
   * Our children, each with the signal that it gets when we end before it, also where the kernel does not see
   * to that.
   */
  readonly children: Map<ChildProcess, NodeJS.Signals>;
};

/** One per process, as its locks are: by the folder of the data. */
const runs = new Map<string, OwnRun>();

/** Another start may look at a lock file between its making and its locking, and take it for one of the dead. */
const idAttempts = 5;

/** Names of a run's files begin with it, in the folder of the data and in that of the results. */
const prefix = 'run-';

export const lockFileOf = (folder: string, id: string): string => join(folder, `${prefix}${id}.lock`);
export const runFolderOf = ({ data }: StackPaths, id: string): string => join(data, `${prefix}${id}`);
const signOf = (folder: string): string => join(folder, 'children');
const ownerFileOf = (folder: string): string => join(folder, 'owner.json');

/** The id of a run whose lock file has this name; undefined for anything else. */
export function idOfLockFile(name: string): string | undefined {
  return /^run-([0-9a-f]+)\.lock$/.exec(name)?.[1];
}

/** Begins our run, unless it has begun. */
export function ownRun(paths: StackPaths): OwnRun {
  const known = runs.get(paths.data);
  if (known !== undefined) return known;
  // The locks first: whoever finds the folder finds them held.
  const { id, locks } = holdRunLocks([...new Set([paths.data, paths.state])]);
  const folder = runFolderOf(paths, id);
  mkdirSync(folder, { mode: 0o700 });
  writeFileSync(ownerFileOf(folder), JSON.stringify(identityOf(process.pid)), { mode: 0o600 });
  const run: OwnRun = { id, folder, sign: openSign(folder), children: new Map() };
  runs.set(paths.data, run);
  process.once('exit', () => {
    for (const [child, signal] of run.children) child.kill(signal);
    // Children that still live go on using the folder; the next start removes it.
    if (run.children.size > 0) return;
    rmSync(folder, { recursive: true, force: true });
    for (const { file, release } of locks) {
      rmSync(file, { force: true });
      release();
    }
  });
  return run;
}

type RunLock = FileLock & { readonly file: string };

function holdRunLocks(folders: readonly string[]): {
  readonly id: string;
  readonly locks: readonly RunLock[];
} {
  for (let attempt = 1; attempt <= idAttempts; attempt += 1) {
    const id = randomBytes(6).toString('hex');
    const locks = folders.map((folder) => holdRunLock(lockFileOf(folder, id)));
    if (!locks.includes(null)) return { id, locks: locks.filter((lock) => lock !== null) };
    for (const lock of locks) lock?.release();
  }
  throw new CommandError('cannotProvision', `No lock could be taken in ${folders.join(' or ')}.`);
}

function holdRunLock(file: string): RunLock | null {
  const lock = holdLock(file);
  return lock === null ? null : { ...lock, file };
}

/**
 * Opens a FIFO for reading. It has a reader for as long as any process lives that inherited the descriptor.
 */
function openSign(folder: string): number {
  const sign = signOf(folder);
  try {
    execFileSync('mkfifo', ['-m', '600', sign]);
    return openSync(sign, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    throw new CommandError(
      'cannotProvision',
      `There can be no FIFO in ${folder}: ${(error as Error).message}`,
      {
        remedy: 'Have the checkout, or TMPDIR, on a local disk.',
        cause: error,
      },
    );
  }
}

/** Whether anybody of a run lives, its owner or a child, in whatever container. */
export function isAnybodyAlive(folder: string): boolean {
  try {
    closeSync(openSync(signOf(folder), constants.O_WRONLY | constants.O_NONBLOCK));
    return true;
  } catch {
    return false;
  }
}

/** Who began a run; null when that cannot be read any more. */
export function ownerOf(folder: string): ProcessIdentity | null {
  return readJsonFile(ownerFileOf(folder), ProcessIdentityForm);
}
