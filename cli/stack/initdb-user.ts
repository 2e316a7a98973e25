import { globSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import type { StackContext } from './stack-context.ts';
import { canUnpackPackages, findUnpacked, unpackPackages } from './system-packages.ts';
import { CommandError } from '../errors.ts';

const folder = 'nss-wrapper';
const libraryName = 'libnss_wrapper.so';
const remedy =
  'Add a line for this user to /etc/passwd, run as a user who has one, or set DATABASE_URL to a server of yours.';

/**
 * Variables that give initdb a user with a name. It asks for one and gives up where there is none: in a container that was
 * started for a number, as by `docker run --user 12345`. A library answers for the system, as in PostgreSQL's own image.
 */
export async function nameForInitdb(context: StackContext): Promise<Readonly<Record<string, string>>> {
  const { serverUser, data } = context.paths;
  if (serverUser !== null || hasName()) return {};
  const library = await provideNameLibrary(context);
  if (library === null)
    throw new CommandError('cannotProvision', 'The user of this process has no name, which initdb needs.', {
      remedy,
    });
  const users = join(data, 'passwd');
  const groups = join(data, 'group');
  writeFileSync(users, `darkroom:x:${process.getuid?.()}:${process.getgid?.()}::/:/bin/false\n`);
  writeFileSync(groups, `darkroom:x:${process.getgid?.()}:\n`);
  return {
    // LD_PRELOAD takes a blank for the end of a path, so it gets the name only; the folder stands in LD_LIBRARY_PATH.
    LD_PRELOAD: libraryName,
    LD_LIBRARY_PATH: dirname(library),
    NSS_WRAPPER_PASSWD: users,
    NSS_WRAPPER_GROUP: groups,
  };
}

function hasName(): boolean {
  try {
    return userInfo().username !== '';
  } catch {
    return false;
  }
}

function findLibrary(context: StackContext): string | null {
  for (const root of [findUnpacked(context, folder) ?? [], '/'].flat())
    for (const file of globSync(`usr/lib/**/${libraryName}`, { cwd: root })) return join(root, file);
  return null;
}

/** Finds the library, or unpacks it into the cache folder; null where it cannot be had. */
export async function provideNameLibrary(context: StackContext): Promise<string | null> {
  const found = findLibrary(context);
  if (found !== null || !canUnpackPackages(context)) return found;
  await unpackPackages(context, {
    folder,
    what: 'The library that gives this user a name',
    notice: 'Unpacking a library that gives this user a name (50 kB, once) ...',
    packages: ['libnss-wrapper'],
    remedy,
    isThere: () => findLibrary(context) !== null,
  });
  return findLibrary(context);
}
