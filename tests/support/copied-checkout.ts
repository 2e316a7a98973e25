import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const checkout = join(import.meta.dirname, '..', '..');
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
  const listed = execFileSync(
    'git',
    ['-C', checkout, 'ls-files', '-co', '--exclude-standard', '-z', ...parts],
    { encoding: 'utf8' },
  );
  for (const file of listed.split('\0')) {
    if (file === '' || file.endsWith('.test.ts') || !existsSync(join(checkout, file))) continue;
    mkdirSync(dirname(join(root, file)), { recursive: true });
    cpSync(join(checkout, file), join(root, file));
  }
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
    remove() {
      const record = join(root, '.darkroom', 'outside.json');
      if (existsSync(record)) {
        const { data } = JSON.parse(readFileSync(record, 'utf8')) as { data: string };
        rmSync(data, { recursive: true, force: true });
      }
      rmSync(root, { recursive: true, force: true });
    },
  };
}
