import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isSameProcess, ownIdentity } from './process-identity.ts';
import type { ProcessIdentity } from './process-identity.ts';

/** More runs than this at once in one checkout are a mistake. */
const slotsMax = 16;

/** Takes a lock file for this process. False when a live process has it; the lock of a dead one is taken over. */
export function takeLock(file: string): boolean {
  // Written elsewhere and then linked, so that nobody ever reads a half-written lock.
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, JSON.stringify(ownIdentity()), { mode: 0o600 });
  try {
    for (let attempt = 0; attempt < 3; attempt += 1) {
      try {
        linkSync(draft, file);
        return true;
      } catch {
        if (isHeld(file)) return false;
        rmSync(file, { force: true });
      }
    }
    return false;
  } finally {
    rmSync(draft, { force: true });
  }
}

function isHeld(file: string): boolean {
  try {
    return isSameProcess(JSON.parse(readFileSync(file, 'utf8')) as ProcessIdentity);
  } catch {
    return false;
  }
}

/** The first numbered folder `name-1`, `name-2`, ... that no live process uses; null when there are too many. */
export function takeSlot(
  parent: string,
  name: string,
): { readonly folder: string; readonly release: () => void } | null {
  for (let number = 1; number <= slotsMax; number += 1) {
    const folder = join(parent, `${name}-${number}`);
    const lock = `${folder}.lock`;
    if (takeLock(lock)) return { folder, release: () => rmSync(lock, { force: true }) };
  }
  return null;
}
