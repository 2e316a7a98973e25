import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { readRepository } from '../tidy/source-file.ts';
import { findTestFiles, findUnmatched } from './test-files.ts';

const root = join(import.meta.dirname, '..', '..');

test('every test file of the repository is found, once', () => {
  const all = readRepository(root).map(({ path }) => path);
  const wanted = all.filter((path) => path.endsWith('.test.ts')).toSorted();
  assert.ok(wanted.length > 300);
  assert.deepEqual(findTestFiles(root, []).toSorted(), wanted);
});

test('a pattern is a part of a path, or a glob', () => {
  const path = 'tests/runner/test-files.test.ts';
  for (const pattern of ['runner/test-f', path, 'tests/*/test-f*'])
    assert.deepEqual(findTestFiles(root, [pattern]), [path], pattern);
  assert.deepEqual(findUnmatched(root, ['runner/test-f', 'runner/tset', 'tests/*/nothing']), [
    'runner/tset',
    'tests/*/nothing',
  ]);
});

test('the test command refuses a pattern that names no file, and runs nothing', () => {
  const child = spawnSync(process.execPath, [join(root, 'tests', 'run.ts'), 'runner/test-f', 'runner/tset'], {
    encoding: 'utf8',
  });
  assert.equal(child.status, 1, child.stderr);
  assert.match(child.stdout, /--- runner\/tset\nNo test file has this/);
  assert.match(child.stdout, /\n0 passed, 1 failed\n$/);
});
