import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseParentMessage, parseProcessMessage } from './process-messages.ts';

test('what a process tells is read as it was told, and nothing besides', () => {
  const told = [
    { type: 'listening', http: 4_000, metrics: 5_000, lab: null },
    { type: 'listening', http: null, metrics: null, lab: null },
    { type: 'failed', code: 'EADDRINUSE', message: 'taken', port: 4_000 },
    { type: 'failed', code: 'INVALID_CONFIG', message: 'wrong' },
    { type: 'drained' },
  ];
  for (const message of told)
    assert.deepEqual(parseProcessMessage({ ...message, besides: 'of a later version' }), message);
});

test('what is none of its messages is no message', () => {
  const others = [
    undefined,
    null,
    'listening',
    {},
    { type: 'ready' },
    { type: 'listening', http: 4_000, metrics: 5_000 },
    { type: 'listening', http: '4000', metrics: 5_000, lab: null },
    { type: 'failed', code: 'EADDRINUSE' },
    { type: 'failed', code: 98, message: 'taken' },
  ];
  for (const message of others) assert.equal(parseProcessMessage(message), null);
});

test('what a parent tells is read as it was told, and nothing else is', () => {
  const told = { type: 'neighbours', service: ['http://127.0.0.1:4000'] };
  assert.deepEqual(parseParentMessage({ ...told, besides: 'of a later version' }), told);
  const others = [null, 'neighbours', {}, { type: 'drained' }, { type: 'neighbours' }];
  for (const message of [...others, { ...told, service: [4_000] }, { ...told, service: 'all' }])
    assert.equal(parseParentMessage(message), null);
});
