import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MachineReading } from './cpu-accounting.ts';
import { clockDisagreementMs, machineBetween } from './machine-between.ts';

const before: MachineReading = {
  cores: 2,
  totalUs: 1_000,
  idleUs: 500,
  stealUs: 10,
  cpuPressurePct: 3,
  throttledPeriods: 1,
};
const after: MachineReading = {
  cores: 2,
  totalUs: 2_000,
  idleUs: 750,
  stealUs: 135,
  cpuPressurePct: 7,
  throttledPeriods: 4,
};

test('what the machine did is divided between the experiment, others, and the host', () => {
  assert.deepEqual(machineBetween(before, after, [300, 75]), {
    stealShare: 0.125,
    foreignCpuShare: 0.25,
    ownCpuShare: 0.375,
    cpuPressurePct: 7,
    throttledPeriods: 3,
  });
});

test('with a part of the experiment unknown, nothing is said of it and of others', () => {
  const shares = machineBetween(before, after, [300, null]);
  assert.equal(shares.foreignCpuShare, null);
  assert.equal(shares.ownCpuShare, null);
  assert.equal(shares.stealShare, 0.125);
});

test('a platform that does not tell gives no share, and no time at all is no division by zero', () => {
  const silent = { ...after, stealUs: null, throttledPeriods: null };
  const shares = machineBetween(before, silent, [300]);
  assert.deepEqual(
    [shares.stealShare, shares.foreignCpuShare, shares.throttledPeriods, shares.ownCpuShare],
    [null, null, null, 0.3],
  );
  assert.equal(machineBetween(before, before, [0]).ownCpuShare, null);
});

test('processes that count finer than the machine leave others nothing, not less', () => {
  assert.equal(machineBetween(before, after, [700]).foreignCpuShare, 0);
});

test('clocks that move apart in either direction are noticed', () => {
  const start = { atMs: 10, wallMs: 1_000 };
  assert.equal(clockDisagreementMs(start, { atMs: 20, wallMs: 1_010 }), 0);
  assert.equal(clockDisagreementMs(start, { atMs: 20, wallMs: 1_310 }), 300);
  assert.equal(clockDisagreementMs(start, { atMs: 20, wallMs: 1_000 }), 10);
});
