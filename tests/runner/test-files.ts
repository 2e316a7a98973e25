import { existsSync, readdirSync } from 'node:fs';
import { join, matchesGlob } from 'node:path';

/**
 * The folders of tests. Only the harness of the benches is among them: the packages that it compares with lie
 * beside it.
 */
const folders = ['app', 'cli', 'loadtests', 'dashboards', 'benches/harness', 'tests'];
const endToEnd = 'tests/end-to-end/';
/** These files take the better part of a minute each, and are begun first: the last ones should be short. */
const longest = ['dashboards-live', 'compare', 'broken-comparison', 'up', 'toy-system', 'dead-edge'].map(
  (name) => `${endToEnd}${name}.test.ts`,
);

const matches = (path: string, pattern: string): boolean =>
  path.includes(pattern) || matchesGlob(path, pattern);

/** All test files below the root, as paths from it, in the order of their names. */
function listTestFiles(root: string): string[] {
  return folders
    .filter((folder) => existsSync(join(root, folder)))
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true }).map((path) => `${folder}/${String(path)}`),
    )
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => path.endsWith('.test.ts'))
    .toSorted();
}

/** Patterns that name no test file. */
export function findUnmatched(root: string, patterns: readonly string[]): string[] {
  if (patterns.length === 0) return [];
  const all = listTestFiles(root);
  return patterns.filter((pattern) => !all.some((path) => matches(path, pattern)));
}

/**
 * All test files, or those whose path contains one of the patterns or matches it as a glob. The list is worked off from both ends: the
 * longest come first, beside short ones, and other whole commands before what is short, so that none is waited for at the end.
 */
export function findTestFiles(root: string, patterns: readonly string[]): string[] {
  const wanted = listTestFiles(root).filter(
    (path) => patterns.length === 0 || patterns.some((pattern) => matches(path, pattern)),
  );
  const isLong = (path: string): boolean => longest.includes(path);
  const isCommand = (path: string): boolean => path.startsWith(endToEnd);
  const isUnit = (path: string): boolean => path.startsWith('app/');
  return [
    ...longest.filter((path) => wanted.includes(path)),
    ...wanted.filter(isUnit),
    ...wanted.filter((path) => isCommand(path) && !isLong(path)),
    ...wanted.filter((path) => !isUnit(path) && !isCommand(path)),
  ];
}
