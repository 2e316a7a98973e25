import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Darkroom made the folder in which this file lies, and nobody else uses it: `darkroom clean` may remove it as a whole. */
const fileName = '.darkroom-cache';

export function bearsCacheMark(folder: string): boolean {
  return existsSync(join(folder, fileName));
}

/** Makes the folder, and marks it when nobody has put anything into it. Says nothing where that cannot be. */
export function markCacheFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
    if (readdirSync(folder).length > 0) return;
    writeFileSync(join(folder, fileName), '"darkroom clean" removes this folder with all that is in it.\n');
  } catch {
    // Whoever needs the folder finds out that it cannot be used; without the mark it is not removed.
  }
}
