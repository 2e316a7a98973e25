import {
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { readEnvironment } from '../../cli/environment.ts';
import { checkout, copyFiles, isProgram, removeCheckout } from './checkout-copy.ts';

const parts = ['app', 'cli', 'dashboards', 'docs/schemas', 'loadtests', 'package.json'];

/** A copy of what the command line needs, to which a test adds what a developer would. */
export type CopiedCheckout = {
  readonly root: string;
  /** Has Node keep what it compiles of the copy with the copy, where what it has compiled of the packages is already. */
  readonly environment: { readonly NODE_COMPILE_CACHE: string };
  write(file: string, text: string): void;
  /** Puts a line below the one that says `marker`, which must be there once. */
  addLine(file: string, marker: string, line: string): void;
  remove(): void;
};

/** Copies files, not links: Node takes a module for the file that a link leads to. */
export function copyCheckout(): CopiedCheckout {
  const root = mkdtempSync(join(tmpdir(), 'darkroom-copied-'));
  copyFiles(root, parts, isProgram);
  symlinkSync(join(checkout, 'node_modules'), join(root, 'node_modules'));
  const compileCache = join(root, '.darkroom', 'compile-cache');
  const { NODE_COMPILE_CACHE: known } = readEnvironment().ofChildren;
  if (known !== undefined && existsSync(known)) shareCompiled(known, compileCache);
  const write = (file: string, text: string): void => {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
  };
  return {
    root,
    environment: { NODE_COMPILE_CACHE: compileCache },
    write,
    addLine(file, marker, line) {
      const lines = readFileSync(join(root, file), 'utf8').split('\n');
      const places = lines.flatMap((text, index) => (text.includes(marker) ? [index] : []));
      if (places.length !== 1) throw new RangeError(`${places.length} lines of ${file} say ${marker}`);
      write(file, lines.toSpliced((places[0] ?? 0) + 1, 0, line).join('\n'));
    },
    remove: () => removeCheckout(root),
  };
}

/** Links what is compiled: Node puts other files in place of those that it changes. On another file system it is compiled anew. */
function shareCompiled(from: string, to: string): void {
  for (const entry of readdirSync(from, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const folder = join(to, relative(from, entry.parentPath));
    mkdirSync(folder, { recursive: true });
    try {
      linkSync(join(entry.parentPath, entry.name), join(folder, entry.name));
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code === 'EXDEV') return;
      // Others clear away what they have replaced meanwhile.
      if (code !== 'ENOENT') throw error;
    }
  }
}
