import assert from 'node:assert/strict';
import { test } from 'node:test';
import { firstMeasuredIndex, requestCount, requireLoopback, virtualUsers } from './run-settings.ts';
import type { RunSettings } from './run-settings.ts';

const settings: RunSettings = {
  seed: 1,
  people: 500,
  photos: 5_000,
  mix: 'social-default',
  targets: ['http://127.0.0.1:4000'],
  pass: 2,
  ratePerSecond: 150,
  arrivals: 'poisson',
  settleSeconds: 1,
  measureSeconds: 4,
};

test('counts the requests of a run and where the measured ones begin', () => {
  assert.equal(firstMeasuredIndex(settings), 150);
  assert.equal(requestCount(settings), 750);
  const odd = { ...settings, ratePerSecond: 2.5, settleSeconds: 1, measureSeconds: 3 };
  assert.equal(requestCount(odd) - firstMeasuredIndex(odd), 8, 'half a request is rounded');
});

test('has a virtual user for every request of a second of stall', () => {
  assert.ok(virtualUsers(settings, 133) >= 150 * 1.133);
});

test('sends load to this machine only', () => {
  requireLoopback(['http://127.0.0.1:4000', 'http://127.1.2.3', 'http://localhost:80', 'http://[::1]:9']);
  const elsewhere = [
    'http://example.org',
    'https://127.0.0.1',
    'http://127.0.0.1.example.org',
    'http://127.0.0.1:4000@example.org',
    'http://localhost.example.org',
    'http://10.0.0.1:4000',
    'http://127.0.0.1:4000/path',
    'HTTP://127.0.0.1 ',
    '',
  ];
  for (const target of elsewhere) assert.throws(() => requireLoopback([target]), RangeError, target);
});
