import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { after, test } from 'node:test';
import { checkout, copyFiles } from '../support/checkout-copy.ts';

const clone = mkdtempSync(join(tmpdir(), 'darkroom-clone-'));
const withoutNpm = mkdtempSync(join(tmpdir(), 'darkroom-without-npm-'));
after(() => {
  for (const folder of [clone, withoutNpm]) rmSync(folder, { recursive: true, force: true });
});

/**
 * Whether the launcher has installed this very lock file here, as it does where the tests are run on a clean clone: to do it again would
 * take npm more CPU than any comparison of the tests.
 */
function isInstalledHere(): boolean {
  const stamp = join(checkout, 'node_modules', '.darkroom-lock-sha256');
  const lock = readFileSync(join(checkout, 'package-lock.json'));
  return (
    existsSync(stamp) &&
    readFileSync(stamp, 'utf8').trim() === createHash('sha256').update(lock).digest('hex')
  );
}

test('a bare copy installs what it needs, unless that was done, and runs with the pinned Node', () => {
  copyFiles(clone);
  const isInstalled = isInstalledHere();
  // Through the link, npm would empty the folder of this checkout: the first npm that is found refuses.
  writeFileSync(join(withoutNpm, 'npm'), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
  const { PATH = '' } = process.env;
  const path = isInstalled ? [withoutNpm, PATH].join(delimiter) : PATH;
  if (isInstalled) symlinkSync(join(checkout, 'node_modules'), join(clone, 'node_modules'));
  const run = (args: readonly string[]) =>
    spawnSync(join(clone, 'darkroom'), [...args], {
      cwd: tmpdir(),
      encoding: 'utf8',
      env: { ...process.env, PATH: path, NODE_ENV: 'production' },
    });

  const first = run(['list', 'strategies', '--json']);
  assert.equal(first.status, 0, first.stderr);
  assert.equal(/downloads about \d+ MB/.test(first.stderr), !isInstalled, first.stderr);
  assert.ok(JSON.parse(first.stdout));
  const second = run(['doctor']);
  assert.doesNotMatch(second.stderr, /downloads/, 'the second start installs nothing');
  assert.match(second.stdout, /^Node +read its version +ok +v26\.10\.0/m);
  assert.equal(second.status, 0, second.stdout);
  assert.equal(run(['compare', 'cach-aside']).status, 2);
});
