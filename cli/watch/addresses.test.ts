import assert from 'node:assert/strict';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { beginOtherRun } from '../../tests/support/other-run.ts';
import { createTestStack } from '../../tests/support/test-stack.ts';
import { findAddresses, ownPlace, publishAddresses, withdrawAddresses } from './addresses.ts';
import type { Addresses } from './addresses.ts';

const { context, remove } = createTestStack();
after(remove);
const { paths } = context;

const own: Addresses = { ...ownPlace(paths), startedAtMs: 2_000, candidates: [], traces: 'http://own' };
const otherRun = await beginOtherRun(paths);
after(otherRun.kill);
const other: Addresses = {
  ...own,
  run: otherRun.id,
  pid: otherRun.pid,
  startedAtMs: 1_000,
  traces: 'http://other',
};

const filesLeft = () => readdirSync(paths.state).filter((name) => name.startsWith('up-'));

test('of two that run the later is found, and each takes back only its own addresses', () => {
  assert.equal(findAddresses(paths), null);
  publishAddresses(paths, own);
  publishAddresses(paths, other);
  assert.deepEqual(findAddresses(paths), own);
  assert.equal(statSync(join(paths.state, `up-${own.run}.json`)).mode & 0o077, 0);
  withdrawAddresses(paths);
  assert.deepEqual(findAddresses(paths), other);
});

test('what is published again replaces what was', () => {
  publishAddresses(paths, { ...own, traces: 'http://new' });
  assert.equal(findAddresses(paths)?.traces, 'http://new');
  withdrawAddresses(paths);
  assert.deepEqual(filesLeft(), [`up-${other.run}.json`]);
});

test('addresses on the loopback of another container are left alone, and not given to anybody here', () => {
  publishAddresses(paths, { ...other, network: 'net:[1]' });
  assert.equal(findAddresses(paths), null);
  assert.deepEqual(filesLeft(), [`up-${other.run}.json`]);
});

test('the addresses of a killed one are not believed', async () => {
  publishAddresses(paths, other);
  assert.deepEqual(findAddresses(paths), other);
  await otherRun.kill();
  assert.equal(findAddresses(paths), null);
  assert.ok(!existsSync(join(paths.state, `up-${other.run}.json`)));
});
