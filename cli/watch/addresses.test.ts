import assert from 'node:assert/strict';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { createTestStack } from '../../tests/support/test-stack.ts';
import { ownIdentity, startTimeOf } from '../stack/process-identity.ts';
import { findAddresses, publishAddresses, withdrawAddresses } from './addresses.ts';
import type { Addresses } from './addresses.ts';

const { context, remove } = createTestStack();
after(remove);
const { paths } = context;

const own: Addresses = { ...ownIdentity(), startedAtMs: 2_000, candidates: [], traces: 'http://own' };
/** Of another process that lives: the one that started this. */
const other: Addresses = {
  pid: process.ppid,
  startTime: startTimeOf(process.ppid) ?? '',
  startedAtMs: 1_000,
  candidates: [],
  traces: 'http://other',
};

const filesLeft = () => readdirSync(paths.state).filter((name) => name.startsWith('up-'));

test('of two that run the later is found, and each takes back only its own addresses', () => {
  assert.equal(findAddresses(paths), null);
  publishAddresses(paths, own);
  publishAddresses(paths, other);
  assert.deepEqual(findAddresses(paths), own);
  assert.equal(statSync(join(paths.state, `up-${process.pid}.json`)).mode & 0o077, 0);
  withdrawAddresses(paths);
  assert.deepEqual(findAddresses(paths), other);
});

test('what is published again replaces what was', () => {
  publishAddresses(paths, { ...own, traces: 'http://new' });
  assert.equal(findAddresses(paths)?.traces, 'http://new');
  withdrawAddresses(paths);
  assert.deepEqual(filesLeft(), [`up-${process.ppid}.json`]);
});

test('the addresses of a killed one are not believed, though its number is taken again', () => {
  publishAddresses(paths, { ...other, startTime: 'another time' });
  assert.equal(findAddresses(paths), null);
  assert.ok(!existsSync(join(paths.state, `up-${process.ppid}.json`)));
});
