import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The checkout that the tests are part of. */
export const checkout = join(import.meta.dirname, '..', '..');

/** Copies what git knows, or would take, of these parts of the checkout; without parts, all of it. */
export function copyFiles(
  target: string,
  parts: readonly string[] = [],
  isWanted: (file: string) => boolean = () => true,
): void {
  const listed = execFileSync(
    'git',
    ['-C', checkout, 'ls-files', '-co', '--exclude-standard', '-z', ...parts],
    { encoding: 'utf8' },
  );
  for (const file of listed.split('\0')) {
    if (file === '' || !isWanted(file) || !existsSync(join(checkout, file))) continue;
    mkdirSync(dirname(join(target, file)), { recursive: true });
    cpSync(join(checkout, file), join(target, file));
  }
}

/** What programs read; the tests beside them are none. */
export const isProgram = (file: string): boolean => !file.endsWith('.test.ts');

/** Removes a copy with what its runs have put outside of it. */
export function removeCheckout(root: string): void {
  const record = join(root, '.darkroom', 'outside.json');
  if (existsSync(record)) {
    const { data } = JSON.parse(readFileSync(record, 'utf8')) as { data: string };
    rmSync(data, { recursive: true, force: true });
  }
  rmSync(root, { recursive: true, force: true });
}
