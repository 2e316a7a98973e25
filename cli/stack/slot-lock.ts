import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { holdLock } from './file-lock.ts';
import type { FileLock } from './file-lock.ts';
import { isAnybodyAlive, ownRun, runFolderOf } from './own-run.ts';
import type { StackPaths } from './stack-paths.ts';

/** More runs than this at once in one checkout are a mistake. */
const slotsMax = 16;

/** Data that one run at a time uses, and that are kept for the next one. */
export type Slot = FileLock & { readonly folder: string };

/** The first numbered folder `name-1`, `name-2`, ... that nobody uses; null when there are too many. `isServed` is asked, too. */
export function takeSlot(
  paths: StackPaths,
  name: string,
  isServed: (folder: string) => boolean = () => false,
): Slot | null {
  const { id } = ownRun(paths);
  for (let number = 1; number <= slotsMax; number += 1) {
    const folder = join(paths.data, `${name}-${number}`);
    const lock = holdLock(`${folder}.lock`);
    if (lock === null) continue;
    const userFile = `${folder}.run`;
    // The command is dead; its server may live on, where we cannot see its process.
    const last = readUser(userFile);
    const isUsed = last !== null && last !== id && isAnybodyAlive(runFolderOf(paths, last));
    if (isUsed || isServed(folder)) {
      lock.release();
      continue;
    }
    writeFileSync(userFile, id, { mode: 0o600 });
    return {
      folder,
      release: () => {
        rmSync(userFile, { force: true });
        lock.release();
      },
    };
  }
  return null;
}

function readUser(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}
