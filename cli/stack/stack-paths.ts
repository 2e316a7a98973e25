import { createHash } from 'node:crypto';
import {
  accessSync,
  chmodSync,
  constants,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import type { Environment } from '../environment.ts';
import { CommandError } from '../errors.ts';
import { markCacheFolder } from './cache-mark.ts';

/** Where things live. */
export type StackPaths = {
  readonly checkout: string;
  /** Results and logs: `.darkroom/` of the checkout, or the data folder where that cannot be written. */
  readonly state: string;
  /** Data of the servers. */
  readonly data: string;
  /** What is kept between checkouts: k6, a Go toolchain, an unpacked Redis. */
  readonly cache: string;
  /** The user that servers run as, when we are root and they refuse to be. */
  readonly serverUser: { readonly uid: number; readonly gid: number } | null;
};

/** Whether it is a folder in which something can be made. */
export function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return statSync(folder).isDirectory();
  } catch {
    return false;
  }
}

function canWrite(folder: string): boolean {
  try {
    mkdirSync(folder, { recursive: true });
    return isWritable(folder);
  } catch {
    return false;
  }
}

/** PostgreSQL refuses to run as root: the user `postgres` when there is one, else `nobody`. */
function findServerUser(): { uid: number; gid: number } | null {
  if (process.getuid?.() !== 0) return null;
  const accounts = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  const account =
    accounts.find(([name]) => name === 'postgres') ?? accounts.find(([name]) => name === 'nobody');
  if (account === undefined) {
    throw new CommandError('cannotProvision', 'There is no user that PostgreSQL could run as.', {
      remedy: 'Add a user "postgres", or run as a plain user.',
    });
  }
  return { uid: Number(account[2]), gid: Number(account[3]) };
}

/** Whether every folder above `path` may be walked through by others. */
export function isOpenToOthers(path: string): boolean {
  for (let folder = path; ; folder = dirname(folder)) {
    if ((statSync(folder).mode & 0o001) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
}

/**
 * Whether a path means the same to a shell between double quotes, where initdb puts paths, and in the lists of paths that
 * LD_LIBRARY_PATH and PATH are.
 */
export function isPlain(path: string): boolean {
  return !/["$`\\\n:;]/.test(path);
}

/** The folder of TMPDIR may be gone, or closed to the user that the servers run as; /tmp and /var/tmp are on every system. */
function findTemporaryFolder(isSuitable: (folder: string) => boolean = () => true): string {
  const folders = [resolve(tmpdir()), '/tmp', '/var/tmp'];
  const found = folders.find((folder) => isWritable(folder) && isSuitable(folder));
  if (found !== undefined) return found;
  throw new CommandError('cannotProvision', `No temporary folder can be used: ${folders.join(', ')}.`, {
    remedy: 'Set TMPDIR to a folder that may be written, and that PostgreSQL can reach when you are root.',
  });
}

/** A new folder for what lives as long as a step. */
export function makeTemporaryFolder(name: string): string {
  return mkdtempSync(join(findTemporaryFolder(), `darkroom-${name}-`));
}

/** A folder under the system's temporary directory that is ours alone: neither planted by others nor a link. */
function privateTemporaryFolder(checkout: string, isForServerUser: boolean): string {
  // A user may have a number and no name.
  const uid = process.getuid?.() ?? -1;
  const digest = createHash('sha256').update(checkout).digest('hex').slice(0, 12);
  const parent = findTemporaryFolder(
    (folder) => isPlain(folder) && (!isForServerUser || isOpenToOthers(folder)),
  );
  const folder = join(parent, `darkroom-${uid}-${digest}`);
  mkdirSync(folder, { recursive: true, mode: 0o711 });
  const found = lstatSync(folder);
  if (!found.isDirectory() || found.uid !== uid) {
    throw new CommandError('cannotProvision', `${folder} belongs to somebody else.`, {
      remedy: 'Remove it, or set TMPDIR.',
    });
  }
  chmodSync(folder, 0o711);
  return folder;
}

/** Null where there is no home, as in a container that was started for a number. */
function homeCache({ xdgCacheHome }: Environment): string | null {
  try {
    const folder = join(xdgCacheHome ?? join(homedir(), '.cache'), 'darkroom');
    return isAbsolute(folder) && isPlain(folder) && canWrite(folder) ? folder : null;
  } catch {
    return null;
  }
}

/** Finds and makes the folders. What lies outside the checkout is recorded in it, for `darkroom clean`. */
export function resolvePaths(checkout: string, environment: Environment): StackPaths {
  const own = join(checkout, '.darkroom');
  const serverUser = findServerUser();
  const isOwnUsable = canWrite(own) && canWrite(join(own, 'logs'));
  const isOwnForData = isOwnUsable && serverUser === null && isPlain(own);
  const data = isOwnForData ? join(own, 'data') : privateTemporaryFolder(checkout, serverUser !== null);
  const state = isOwnUsable ? own : data;
  const cache = environment.cacheFolder ?? homeCache(environment) ?? join(data, 'cache');
  markCacheFolder(cache);
  for (const folder of [join(data, 'pids'), join(state, 'logs'), join(state, 'runs'), cache]) {
    if (!canWrite(folder)) {
      throw new CommandError('cannotProvision', `${folder} cannot be written.`, {
        remedy: 'Free some space or mend its owner; DARKROOM_CACHE_DIR moves the cache folder.',
      });
    }
  }
  writeFileSync(join(state, 'outside.json'), `${JSON.stringify({ data, cache })}\n`);
  return { checkout, state, data, cache, serverUser };
}
