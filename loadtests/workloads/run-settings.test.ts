import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  arrivalCount,
  arrivalRate,
  requestCount,
  requireLoopback,
  singlePass,
  virtualUsers,
} from './run-settings.ts';
import type { RunSettings } from './run-settings.ts';

const [one, other] = [['http://127.0.0.1:4000'], ['http://127.0.0.1:4001']];
const settings: RunSettings = {
  seed: 1,
  people: 500,
  photos: 5_000,
  followers: 'heavy',
  mix: 'social-default',
  worlds: [one, other],
  passes: [
    { pass: 1, first: 0, requests: 100, pauseRequests: 20 },
    { pass: 2, first: 0, requests: 300, pauseRequests: 20 },
  ],
  ratePerSecond: 150,
  arrivals: 'poisson',
};

test('a single pass begins with what is not measured, and goes on with the requests after it', () => {
  assert.deepEqual(singlePass(2, 150, { settleSeconds: 1, measureSeconds: 4 }), [
    { pass: 2, first: 0, requests: 150, pauseRequests: 0 },
    { pass: 2, first: 150, requests: 600, pauseRequests: 0 },
  ]);
  const [, odd] = singlePass(2, 2.5, { settleSeconds: 1, measureSeconds: 3 });
  assert.equal(odd.requests, 8, 'half a request is rounded');
});

test('every request is planned once and arrives at every world; a pause takes places for all of them', () => {
  assert.equal(requestCount(settings), 400);
  assert.equal(arrivalCount(settings), (100 + 20 + 300 + 20) * 2);
  assert.equal(arrivalCount({ ...settings, spareArrivals: 7 }), 880 + 7);
  assert.equal(arrivalRate(settings), 300, 'the rate is that of one world');
});

test('has a virtual user for every request of two seconds of stall, and for those that wait out their displacement', () => {
  assert.ok(virtualUsers(settings, 133) >= 2 * 150 * 2.133);
  const single = virtualUsers({ ...settings, worlds: [one] }, 133);
  assert.ok(single >= 150 * 2.133 && single < 2 * 150 * 2.133);
});

test('a closed loop has as many virtual users as were asked for', () => {
  assert.equal(virtualUsers({ ...settings, closedLoopUsers: 3 }, 133), 3);
});

test('sends load to this machine only, in whatever world the target is', () => {
  requireLoopback([
    ['http://127.0.0.1:4000', 'http://127.1.2.3'],
    ['http://localhost:80', 'http://[::1]:9'],
  ]);
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
  for (const target of elsewhere)
    assert.throws(() => requireLoopback([one, ['http://127.0.0.1:4001', target]]), RangeError, target);
});
