import assert from 'node:assert/strict';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { findPostgresPackage, preparePostgresBinaries } from './postgres-binaries.ts';
import type { PostgresPackage } from './postgres-binaries.ts';
import type { StackPaths } from './stack-paths.ts';

const base = mkdtempSync(join('/tmp', 'darkroom-binaries-'));
after(() => rmSync(base, { recursive: true, force: true }));
chmodSync(base, 0o755);

const found = findPostgresPackage() as PostgresPackage;
const pathsFor = (name: string): StackPaths => {
  const data = join(base, name);
  mkdirSync(data);
  chmodSync(data, 0o711);
  return { checkout: base, state: data, data, cache: data, serverUser: { uid: 65_534, gid: 65_534 } };
};

/** Files and folders below it that not everybody may read, and folders and programs that not everybody may use. */
function closedFor(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isSymbolicLink())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => {
      const { mode } = statSync(path);
      const needed = (mode & 0o100) === 0 ? 0o004 : 0o005;
      return (mode & needed) !== needed;
    });
}

test('programs that were installed for one user alone are copied so that the server can run them, whatever the umask', () => {
  const folder = join(base, 'private', 'native');
  const before = process.umask(0o077);
  try {
    mkdirSync(join(base, 'private'));
    cpSync(found.folder, folder, { recursive: true, verbatimSymlinks: true });
    for (const path of [
      folder,
      ...readdirSync(folder, { recursive: true }).map((name) => join(folder, String(name))),
    ])
      if (!statSync(path).isSymbolicLink()) chmodSync(path, statSync(path).mode & 0o700);
    const paths = pathsFor('data');
    const programs = preparePostgresBinaries({ folder, version: found.version }, paths);
    assert.ok(programs.startsWith(paths.data));
    assert.deepEqual(closedFor(paths.data), []);
    assert.equal(preparePostgresBinaries({ folder, version: found.version }, paths), programs);
  } finally {
    process.umask(before);
  }
});

test('a copy of another version, or one that was not finished, is not used', () => {
  const paths = pathsFor('versions');
  chmodSync(join(base, 'private'), 0o700);
  const folder = join(base, 'private', 'native');
  mkdirSync(join(paths.data, 'postgres-programs-2.123'));
  const programs = [1, 2].map((version) =>
    preparePostgresBinaries({ folder, version: String(version) }, paths),
  );
  assert.equal(new Set(programs).size, 2);
  for (const each of programs) assert.ok(statSync(join(each, 'postgres')).isFile());
});
