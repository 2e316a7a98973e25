import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  decodeGatewayMessage,
  decodeStreamMessage,
  encodeGatewayMessage,
  encodeStreamMessage,
} from './message-codec.ts';
import type { StreamMessage } from './messages.ts';

const messages: readonly StreamMessage[] = [
  { type: 'snapshot-begin', epoch: 7 },
  { type: 'record', key: 'posts:0001', version: 3, json: '{"caption":"a \\n b  c","é":"☃"}' },
  { type: 'removed', key: 'profiles:1', version: 12 },
  { type: 'snapshot-end', epoch: 7, at: 99 },
  { type: 'dummy', at: 100 },
  { type: 'ack', keepAlive: 5, at: 100 },
];

test('every message comes back as it was, on one line', () => {
  for (const message of messages) {
    const text = encodeStreamMessage(message);
    assert.deepEqual(decodeStreamMessage(text), message);
    assert.ok(!text.includes('\n'));
  }
  assert.deepEqual(decodeGatewayMessage(encodeGatewayMessage({ type: 'keep-alive', id: 8 })), {
    type: 'keep-alive',
    id: 8,
  });
});

test('what is no message is none', () => {
  for (const text of [
    '',
    'R',
    'R 1',
    'R 1 posts:1',
    'R x posts:1 {}',
    'A 1',
    'A 1 -1',
    'D',
    'Z 1',
    'X 1',
    'B 1e3',
  ])
    assert.equal(decodeStreamMessage(text), null, text);
  for (const text of ['', 'K', 'K ', 'K x', 'A 1', 'K 1234567890123456'])
    assert.equal(decodeGatewayMessage(text), null, text);
});
