import assert from 'node:assert/strict';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { createTestStack } from '../../tests/support/test-stack.ts';
import { findPostgresPackage, preparePostgresBinaries } from './postgres-binaries.ts';
import type { PostgresPackage } from './postgres-binaries.ts';
import type { StackContext } from './stack-context.ts';
import { markFileOf } from './whole-folder.ts';

const base = mkdtempSync(join('/tmp', 'darkroom-binaries-'));
after(() => rmSync(base, { recursive: true, force: true }));
chmodSync(base, 0o755);

const found = findPostgresPackage() as PostgresPackage;
const { context: own, remove } = createTestStack();
after(remove);
const said: string[] = [];
const contextFor = (name: string): StackContext => {
  const data = join(base, name);
  mkdirSync(data);
  chmodSync(data, 0o711);
  const paths = { checkout: base, state: data, data, cache: data, serverUser: { uid: 65_534, gid: 65_534 } };
  return { ...own, paths, report: (message) => void said.push(message) };
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

test('programs that were installed for one user alone are copied so that the server can run them, whatever the umask', async () => {
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
    const context = contextFor('data');
    const { data } = context.paths;
    const programs = await preparePostgresBinaries(context, { folder, version: found.version });
    assert.ok(programs.startsWith(data));
    assert.deepEqual(closedFor(join(data, `postgres-programs-${found.version}`)), []);
    assert.equal(await preparePostgresBinaries(context, { folder, version: found.version }), programs);
  } finally {
    process.umask(before);
  }
});

test('a copy of another version, or one that is not complete, is not used', async () => {
  const context = contextFor('versions');
  chmodSync(join(base, 'private'), 0o700);
  const folder = join(base, 'private', 'native');
  const copy = join(context.paths.data, 'postgres-programs-2');
  // Of a run that was killed while it copied.
  mkdirSync(join(`${copy}.new`, 'native', 'bin'), { recursive: true });
  const prepare = (version: string) => preparePostgresBinaries(context, { folder, version });
  const programs = [await prepare('1'), await prepare('2')];
  assert.equal(new Set(programs).size, 2);
  for (const each of programs) assert.ok(statSync(join(each, 'postgres')).isFile());
  assert.deepEqual(said, []);
  const program = join(copy, 'native', 'bin', 'postgres');
  const { size } = statSync(program);
  for (const breakIt of [
    () => truncateSync(program, 1_000),
    () => rmSync(join(copy, 'native', 'share'), { recursive: true }),
    () => rmSync(markFileOf(copy)),
  ]) {
    said.length = 0;
    breakIt();
    assert.equal(await prepare('2'), programs[1]);
    assert.equal(statSync(program).size, size);
    assert.equal(said.length, 1);
    assert.match(said[0] ?? '', /are not complete: copied anew/);
  }
});
