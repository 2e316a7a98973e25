import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addressOf, announcedHostOf } from './leader-address.ts';

const announced = (host: string, announcedHost = ''): string =>
  addressOf(announcedHostOf({ host, announcedHost }), 4000);

test('a leader is announced where it listens, or where others reach it', () => {
  assert.equal(announced('127.0.0.1'), 'http://127.0.0.1:4000');
  assert.equal(announced('::1'), 'http://[::1]:4000');
  assert.equal(announced('0.0.0.0', 'leader-1'), 'http://leader-1:4000');
  assert.equal(announced('::', '10.0.0.3'), 'http://10.0.0.3:4000');
  assert.equal(announced('10.0.0.3', 'leader.example'), 'http://leader.example:4000');
});

test('a leader that listens everywhere is not announced as nowhere: it must be said where others reach it', () => {
  for (const [host, name] of [
    ['0.0.0.0', ''],
    ['::', ''],
    ['0', ''],
    ['0:0:0:0:0:0:0:0', ''],
    ['127.0.0.1', '0.0.0.0'],
    ['127.0.0.1', 'a b'],
    ['127.0.0.1', 'http://leader-1'],
  ] as const)
    assert.throws(() => announced(host, name), {
      code: 'INVALID_CONFIG',
      message: /DARKROOM_ANNOUNCED_HOST/,
    });
});
