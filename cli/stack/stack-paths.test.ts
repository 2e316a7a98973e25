import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, beforeEach, test } from 'node:test';
import { readEnvironment } from '../environment.ts';
import { makeTemporaryFolder, resolvePaths } from './stack-paths.ts';

const base = mkdtempSync(join('/tmp', 'darkroom-paths-'));
chmodSync(base, 0o755);
const made: string[] = [];
after(() => {
  for (const folder of [base, ...made]) rmSync(folder, { recursive: true, force: true });
});

/** Both are asked by Node itself, too. */
const asked = ['TMPDIR', 'HOME'] as const;
let before: readonly (string | undefined)[] = [];
beforeEach(() => {
  before = asked.map((name) => process.env[name]);
});
afterEach(() => {
  for (const [index, name] of asked.entries()) {
    const value = before[index];
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
});

function resolveIn(name: string) {
  const checkout = join(base, name);
  mkdirSync(checkout, { recursive: true });
  const paths = resolvePaths(checkout, { ...readEnvironment(), cacheFolder: null, xdgCacheHome: null });
  made.push(paths.data);
  return paths;
}

test('data lie in the checkout unless the server could not be made there', () => {
  const { data, serverUser } = resolveIn('plain é [a]');
  if (serverUser === null) assert.equal(data, join(base, 'plain é [a]', '.darkroom', 'data'));
  for (const name of ['a "quote"', 'a $(date)', 'a `tick`', 'a; b', 'a:b']) {
    const paths = resolveIn(name);
    assert.ok(!paths.data.startsWith(base) && existsSync(paths.data), paths.data);
    assert.equal(paths.state, join(base, name, '.darkroom'));
  }
});

test('a temporary folder that is gone, or that cannot be used, is replaced by the usual one', () => {
  process.env['TMPDIR'] = join(base, 'gone');
  const folder = makeTemporaryFolder('test');
  made.push(folder);
  assert.ok(folder.startsWith(join('/tmp', 'darkroom-test-')));
  process.env['TMPDIR'] = join(base, 'a "quote"');
  assert.ok(!resolveIn('b "quote"').data.includes('"'));
});

test(
  'as root, data lie where the user of PostgreSQL can get',
  { skip: process.getuid?.() !== 0 && 'only root has another user' },
  () => {
    const own = join(base, 'own');
    mkdirSync(own, { mode: 0o700 });
    process.env['TMPDIR'] = own;
    const { data } = resolveIn('open');
    assert.ok(!data.startsWith(own), data);
    chmodSync(own, 0o755);
    const reachable = resolveIn('reachable').data;
    assert.ok(reachable.startsWith(own));
    assert.equal(statSync(reachable).mode & 0o777, 0o711);
  },
);

test('without a home that can be written, the cache lies with the data', () => {
  // Not even root can make a folder there.
  process.env['HOME'] = '/dev/null';
  const { cache, data } = resolveIn('homeless');
  assert.equal(cache, join(data, 'cache'));
  process.env['HOME'] = join(base, 'home');
  assert.equal(resolveIn('at home').cache, join(base, 'home', '.cache', 'darkroom'));
});
