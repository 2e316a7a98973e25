import { randomBytes } from 'node:crypto';
import { existsSync, rmSync, truncateSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { CommandError } from '../errors.ts';
import { systemRemedy } from '../system-remedies.ts';
import type { StackContext } from './stack-context.ts';

/** Held until it is released, or this process ends: the kernel lets go of it then, also after SIGKILL. */
export type FileLock = { readonly release: () => void };

/** An open database that nobody refers to is closed by the collector, and its lock is gone. */
const held = new Set<DatabaseSync>();

/** SQLite's result codes. */
const busy = 5;
const notADatabase = 26;
const full = 13;

const pollMs = 200;

/**
 * Takes a lock file for this process; null when somebody has it: here, in another process, or in another container that
 * sees the same file. It is an exclusive transaction of SQLite on an empty database, so a lock of the kernel (fcntl), with
 * nothing of a process id in it. Nothing else may open the file in a process that holds it: closing it lets go of the lock.
 * Throws `cannotProvision` where there are no locks.
 */
export function holdLock(file: string): FileLock | null {
  let code = tryToHold(file);
  if (code === notADatabase) {
    // An earlier version wrote something else into the file. It is emptied and not replaced: processes that have it open would
    // lock the old one, and others the new one.
    truncateSync(file);
    code = tryToHold(file);
  }
  if (typeof code === 'object') return code;
  if (code !== busy) throw noLocks(file, code);
  // On some file systems SQLite calls every file busy. A file that nobody else knows shows whether this is one.
  const fresh = join(dirname(file), `try-${randomBytes(6).toString('hex')}.lock`);
  const probe = tryToHold(fresh);
  rmSync(fresh, { force: true });
  if (typeof probe !== 'object') throw noLocks(file, probe);
  probe.release();
  return null;
}

/** The lock, or the code of SQLite that says why not. */
function tryToHold(file: string): FileLock | number {
  let database: DatabaseSync | undefined;
  try {
    const opened = new DatabaseSync(file);
    database = opened;
    opened.exec('BEGIN EXCLUSIVE');
    // Somebody may have removed it between the two: a lock that nobody else can find is none.
    if (!existsSync(file)) {
      opened.close();
      return busy;
    }
    held.add(opened);
    return {
      release: () => {
        held.delete(opened);
        if (opened.isOpen) opened.close();
      },
    };
  } catch (error) {
    if (database?.isOpen) database.close();
    const { errcode } = error as { errcode?: number };
    if (errcode === undefined) throw error;
    return errcode & 0xff;
  }
}

function noLocks(file: string, code: number): CommandError {
  if (code === full)
    return new CommandError(
      'cannotProvision',
      `${file} cannot be written: no space left on device (ENOSPC).`,
      {
        remedy: systemRemedy('ENOSPC') ?? '',
      },
    );
  return new CommandError(
    'cannotProvision',
    `${file} cannot be locked: its file system has no locks, or it may not be written (SQLite says ${code}).`,
    {
      remedy: `Have ${dirname(file)} on a local disk: of the checkout, of TMPDIR, or of DARKROOM_CACHE_DIR.`,
    },
  );
}

/** Waits until it has the lock; says once that somebody else has it, and what for. Rejects when interrupted. */
export async function awaitLock(context: StackContext, file: string, whatFor: string): Promise<FileLock> {
  for (let attempt = 1; ; attempt += 1) {
    const lock = holdLock(file);
    if (lock !== null) return lock;
    if (attempt === 2) context.report(`Another run is ${whatFor}; waiting for it (it has ${file}) ...`);
    if (context.signal.aborted) throw new CommandError('interrupted', 'interrupted');
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}
