import { existsSync, readdirSync } from 'node:fs';
import { join, matchesGlob } from 'node:path';

/** Of the benches only the harness: below them lie the packages that they compare with. */
const folders = ['app', 'cli', 'loadtests', 'dashboards', 'benches/harness', 'tests'];
const endToEnd = 'tests/end-to-end/';
/** Each takes the better part of a minute, and so comes first: what is begun last should be short. */
const longest = ['dashboards-live', 'compare', 'broken-comparison', 'up', 'bare-clone', 'toy-system'].map(
  (name) => `${endToEnd}${name}.test.ts`,
);

/**
 * All test files below the root, or those whose path contains one of the patterns or matches it as a glob; as paths from the
 * root, and those first that run whole commands.
 */
export function findTestFiles(root: string, patterns: readonly string[]): string[] {
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
  return [
    ...longest.filter((path) => wanted.includes(path)),
    ...wanted.filter((path) => path.startsWith(endToEnd) && !longest.includes(path)),
    ...wanted.filter((path) => !path.startsWith(endToEnd)),
  ];
}
