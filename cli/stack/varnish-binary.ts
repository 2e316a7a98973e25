import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { headersFolder, headersOfVarnish } from '../../app/contract/varnish-headers.ts';
import { CommandError } from '../errors.ts';
import type { StackContext } from './stack-context.ts';
import { canUnpackPackages, findOnPath, findUnpacked, unpackPackages } from './system-packages.ts';

export type VarnishBinary = {
  /** Into which it was unpacked; empty: it is installed. */
  readonly folder: string;
  /** Where it is from, for people. */
  readonly source: string;
};

const folder = 'varnish';
const remedy = 'Install it yourself (apt-get install varnish varnish-modules), or leave edge=on out.';

/** The server, its module for purges by key, and a small compiler, which its configurations need; 2 MB together. */
const debianPackages = [
  'varnish',
  'libvarnishapi3',
  'varnish-modules',
  'libjemalloc2',
  'libncursesw6',
  'libtinfo6',
  'tcc',
  'libtcc-dev',
];

/** Where modules of an installed server lie. */
const moduleFolders = ['/usr/lib', '/usr/local/lib', '/opt/homebrew/lib'];

function hasModules(base: string): boolean {
  if (!existsSync(base)) return false;
  return [base, ...readdirSync(base).map((name) => join(base, name))].some((path) =>
    existsSync(join(path, 'varnish', 'vmods', 'libvmod_xkey.so')),
  );
}

/** What is there already: installed with what it needs, or unpacked earlier. */
export function findVarnish(context: StackContext): VarnishBinary | null {
  const { path } = context.environment;
  const server = findOnPath(path, ['varnishd']);
  const hasAll =
    server !== null &&
    ['varnishstat', 'varnishncsa', 'gcc'].every((name) => findOnPath(path, [name]) !== null) &&
    moduleFolders.some(hasModules);
  if (hasAll) return { folder: '', source: server };
  const unpacked = findUnpacked(context, folder);
  return unpacked === null ? null : { folder: unpacked, source: unpacked };
}

/** Finds a Varnish, or unpacks Debian's into the cache folder, or says how to get one. Throws `cannotProvision`. */
export async function provideVarnish(context: StackContext): Promise<VarnishBinary> {
  const found = findVarnish(context);
  if (found !== null) return found;
  if (canUnpackPackages(context))
    await unpackPackages(context, {
      folder,
      what: 'Varnish',
      notice: 'Unpacking Varnish from the packages of this system (2 MB, once) ...',
      packages: debianPackages,
      remedy,
      isThere: () => findVarnish(context) !== null,
      arrange: addHeaders,
    });
  const unpacked = findVarnish(context);
  if (unpacked !== null) return unpacked;
  throw new CommandError('cannotProvision', 'There is no varnishd with its modules, which edge=on needs.', {
    remedy,
  });
}

/** Without the development files of the C library. */
function addHeaders(root: string): void {
  const base = join(root, headersFolder);
  mkdirSync(base, { recursive: true });
  for (const [name, text] of Object.entries(headersOfVarnish)) writeFileSync(join(base, name), text);
}
