import { existsSync, readdirSync, rmSync } from 'node:fs';
import { recordsOfRun } from './child-records.ts';
import { holdLock } from './file-lock.ts';
import { idOfLockFile, isAnybodyAlive, lockFileOf, ownerOf, runFolderOf } from './own-run.ts';
import { isSameProcess } from './process-identity.ts';
import type { ProcessIdentity } from './process-identity.ts';
import type { StackPaths } from './stack-paths.ts';

/** A killed process is gone in milliseconds, unless the machine is very busy. */
const goneLimitMs = 5_000;
const pollMs = 10;

/** A run that somebody else has in this checkout. */
export type LiveRun = {
  readonly id: string;
  /** Its process; null where that counts in another container. */
  readonly pid: number | null;
};

/** The runs of this checkout whose command lives, here or in another container. */
export function liveRuns(paths: StackPaths): LiveRun[] {
  const ids = new Set([paths.data, paths.state].flatMap((folder) => runsIn(folder).filter(isHeldIn(folder))));
  return [...ids].map((id) => {
    const owner = ownerOf(runFolderOf(paths, id));
    return { id, pid: owner !== null && isSameProcess(owner) ? owner.pid : null };
  });
}

function runsIn(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => idOfLockFile(name) ?? []);
}

function isHeldIn(folder: string): (id: string) => boolean {
  return (id) => {
    const lock = holdLock(lockFileOf(folder, id));
    lock?.release();
    return lock === null;
  };
}

/**
 * Ends what a killed run left behind, removes its files, and tells so in one line: of runs whose lock nobody has any more, and
 * only processes that they started and that are still the same.
 */
export function reapLeftovers(paths: StackPaths, report: (message: string) => void): void {
  const all = runsIn(paths.data).map((id) => reapRun(paths, id));
  const dead = all.filter((reaped) => reaped !== null);
  if (paths.state !== paths.data) for (const id of runsIn(paths.state)) removeLockOfDead(paths.state, id);
  if (dead.length === 0) return;
  const ended = dead.flatMap((run) => run.ended);
  const whose =
    dead.length === 1 ? 'an earlier run that was killed' : `${dead.length} earlier runs that were killed`;
  const isOutOfReach = dead.some((run) => !run.isGone);
  const rest = isOutOfReach ? '; processes that live on in another container keep theirs' : '';
  report(
    `${ended.length === 0 ? 'Removed' : `Ended ${ended.join(', ')} and removed`} the files of ${whose}${rest}.`,
  );
}

/**
 * What became of a dead run. `ended`: the names of its processes that still lived; `isGone`: none of them
 * lives now.
 */
type ReapedRun = { readonly ended: readonly string[]; readonly isGone: boolean };

/**
 * Ends what a dead run left and removes its files. Null where its command lives, or where it had not begun.
 */
function reapRun(paths: StackPaths, id: string): ReapedRun | null {
  const file = lockFileOf(paths.data, id);
  const lock = holdLock(file);
  if (lock === null) return null;
  try {
    const folder = runFolderOf(paths, id);
    const hadFolder = existsSync(folder);
    const records = recordsOfRun(paths, id);
    const ended = records.flatMap(({ record: { name, child } }) => (endChild(child) ? [name] : []));
    // Those in another container cannot be ended from here, so there is nothing to wait for.
    const isGone = ended.length > 0 ? isGoneSoon(folder) : !isAnybodyAlive(folder);
    if (isGone) {
      for (const { forget } of records) forget();
      rmSync(folder, { recursive: true, force: true });
      rmSync(file, { force: true });
    }
    // Without a folder it was one that had not begun.
    return hadFolder ? { ended, isGone } : null;
  } finally {
    lock.release();
  }
}

/** Ends a process; false where it had ended before. */
function endChild(child: ProcessIdentity): boolean {
  if (!isSameProcess(child)) return false;
  process.kill(child.pid, 'SIGKILL');
  return true;
}

/**
 * Waits until no process of a run lives, since what they use is about to be removed; false where that takes
 * too long.
 */
function isGoneSoon(folder: string): boolean {
  const giveUpAt = performance.now() + goneLimitMs;
  while (isAnybodyAlive(folder)) {
    if (performance.now() > giveUpAt) return false;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pollMs);
  }
  return true;
}

function removeLockOfDead(folder: string, id: string): void {
  const file = lockFileOf(folder, id);
  const lock = holdLock(file);
  if (lock === null) return;
  rmSync(file, { force: true });
  lock.release();
}
