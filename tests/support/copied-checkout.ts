import { mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { checkout, copyFiles, isProgram, removeCheckout } from './checkout-copy.ts';

const parts = ['app', 'cli', 'dashboards', 'docs/schemas', 'loadtests', 'package.json'];

/** A copy of what the command line needs, to which a test adds what a developer would. */
export type CopiedCheckout = {
  readonly root: string;
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
  const write = (file: string, text: string): void => {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
  };
  return {
    root,
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
