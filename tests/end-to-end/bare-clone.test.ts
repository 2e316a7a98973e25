import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { copyFiles } from '../support/checkout-copy.ts';

const clone = mkdtempSync(join(tmpdir(), 'darkroom-clone-'));
after(() => rmSync(clone, { recursive: true, force: true }));

test('a bare copy installs what it needs, says so, and runs with the pinned Node', () => {
  copyFiles(clone);
  const run = (args: readonly string[]) =>
    spawnSync(join(clone, 'darkroom'), [...args], {
      cwd: tmpdir(),
      encoding: 'utf8',
      env: { ...process.env, NODE_ENV: 'production' },
    });

  const first = run(['list', 'strategies', '--json']);
  assert.equal(first.status, 0, first.stderr);
  assert.match(first.stderr, /downloads about \d+ MB/);
  assert.ok(JSON.parse(first.stdout));
  const second = run(['doctor']);
  assert.doesNotMatch(second.stderr, /downloads/, 'the second start installs nothing');
  assert.match(second.stdout, /^Node +read its version +ok +v26\.10\.0/m);
  assert.equal(second.status, 0, second.stdout);
  assert.equal(run(['compare', 'cach-aside']).status, 2);
});
