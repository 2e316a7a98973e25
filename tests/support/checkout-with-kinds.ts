import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..', '..');

/** A checkout of this code to which a test adds kinds of process, each by its file. */
export type CheckoutWithKinds = { readonly folder: string; remove(): void };

export function createCheckoutWithKinds(programs: Readonly<Record<string, string>>): CheckoutWithKinds {
  const folder = mkdtempSync(join(tmpdir(), 'darkroom-kinds-'));
  linkAll('.', folder, new Set(['app', '.darkroom', '.git']));
  linkAll('app', folder, new Set(['processes']));
  linkAll(join('app', 'processes'), folder);
  for (const [name, program] of Object.entries(programs)) {
    const file = join(folder, 'app', 'processes', name);
    // It may be a link by now, through which the program of this checkout would be overwritten.
    rmSync(file, { force: true });
    writeFileSync(file, program);
  }
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Makes one folder of the checkout, in which all but these is this checkout's. */
function linkAll(path: string, folder: string, without: ReadonlySet<string> = new Set()): void {
  mkdirSync(join(folder, path), { recursive: true });
  for (const name of readdirSync(join(root, path)))
    if (!without.has(name)) symlinkSync(join(root, path, name), join(folder, path, name));
}
