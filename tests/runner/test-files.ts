import { existsSync, readdirSync } from 'node:fs';
import { join, matchesGlob } from 'node:path';

/** Of the benches only the harness: below them lie the packages that they compare with. */
const folders = ['app', 'cli', 'loadtests', 'dashboards', 'benches/harness', 'tests'];
const endToEnd = 'tests/end-to-end/';

/** The test files below the root, as paths from it: those that need little, and those that run whole commands. */
export type TestFiles = { readonly quick: readonly string[]; readonly endToEnd: readonly string[] };

/** All test files, or those whose path contains one of the patterns or matches it as a glob. */
export function findTestFiles(root: string, patterns: readonly string[]): TestFiles {
  const all = folders
    .filter((folder) => existsSync(join(root, folder)))
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true }).map((path) => `${folder}/${String(path)}`),
    )
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => path.endsWith('.test.ts'))
    .toSorted();
  const isWanted = (path: string) =>
    patterns.length === 0 || patterns.some((pattern) => path.includes(pattern) || matchesGlob(path, pattern));
  const wanted = all.filter(isWanted);
  return {
    quick: wanted.filter((path) => !path.startsWith(endToEnd)),
    endToEnd: wanted.filter((path) => path.startsWith(endToEnd)),
  };
}
