import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, readlinkSync, realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { markFileOf, readMark, writeMark } from './whole-folder.ts';

/** What lies beside a folder of data and belongs to it. */
export const passwordFileOf = (folder: string): string => `${folder}.password`;

/** In these the server makes and removes folders of its own. */
const livelyFolders = new Set(['base', 'pg_replslot', 'pg_tblspc']);
/** Without one of these it does not start. */
const neededFiles = ['PG_VERSION', 'postgresql.conf', 'pg_hba.conf', 'pg_ident.conf', 'global/pg_control'];

/** Data are of a major version: later minor ones read them, other major ones refuse. */
function majorOf(version: string): string {
  return version.split('.')[0] ?? version;
}

/** Says of data that they are complete: last, when everything else is there. */
export function markData(folder: string, version: string): void {
  writeMark(folder, { version: majorOf(version), digest: digestOfSkeleton(folder) });
}

/**
 * Why data cannot be used, in words that go on from "because"; null when they can, or when there are none. Their contents
 * change, so only what a server needs to start is looked at: a cleaner of temporary files takes empty folders away.
 */
export function faultOfData(folder: string, version: string): string | null {
  if (!existsSync(folder)) return null;
  const mark = readMark(folder);
  const found = majorOfData(folder) ?? mark?.version;
  if (found !== undefined && found !== majorOf(version))
    return `they are of version ${found}, and this is ${majorOf(version)}`;
  if (mark === null || !existsSync(passwordFileOf(folder))) return 'they were not made completely';
  return mark.digest === digestOfSkeleton(folder) ? null : 'some of their files or folders are gone';
}

function majorOfData(folder: string): string | undefined {
  const file = join(folder, 'PG_VERSION');
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined;
}

function digestOfSkeleton(folder: string): string {
  const there = [...foldersOf(folder), ...neededFiles.filter((file) => existsSync(join(folder, file)))];
  return createHash('sha256').update(JSON.stringify(there.toSorted())).digest('hex');
}

/** Two levels of them, of which the server neither makes nor removes one. */
function foldersOf(folder: string): string[] {
  return foldersIn(folder).flatMap((name) =>
    livelyFolders.has(name)
      ? [name]
      : [name, ...foldersIn(join(folder, name)).map((inner) => join(name, inner))],
  );
}

function foldersIn(folder: string): string[] {
  const entries = readdirSync(folder, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}

/**
 * Whether a server is at work on these data: the one whose process number stands in them. False where that
 * cannot be told.
 */
export function isServed(folder: string): boolean {
  try {
    const [pid] = readFileSync(join(folder, pidFile), 'utf8').split('\n');
    return readlinkSync(`/proc/${pid}/cwd`) === realpathSync(folder);
  } catch {
    return false;
  }
}

const pidFile = 'postmaster.pid';

/**
 * For data that are not served: a killed server leaves its number there, and the next one refuses while any other process of
 * its user has that number, as in a container that counts from 1.
 */
export function removeStaleNumber(folder: string): void {
  if (process.platform === 'linux') rmSync(join(folder, pidFile), { force: true });
}

/** The mark first: what is half removed must not be taken for complete. */
export function removeData(folder: string): void {
  for (const path of [markFileOf(folder), folder, `${folder}.new`, passwordFileOf(folder)])
    rmSync(path, { recursive: true, force: true });
}
