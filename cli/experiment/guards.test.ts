import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noReads } from './cache-counts.ts';
import { judgeBlock } from './guards.ts';
import type { BlockObservation } from './guards.ts';

const quiet: BlockObservation = {
  driverFailure: null,
  lostReplicas: [],
  offered: 600,
  started: 600,
  dropped: 0,
  requests: 600,
  errors: 0,
  peakBusyVus: 5,
  configuredVus: 180,
  schedulingLagMs: 1,
  p99Ms: 10,
  driverCpuShare: 0.1,
  foreignCpuShare: 0.02,
  stealShare: 0,
  cpuPressurePct: 10,
  throttledPeriods: 0,
  clockDisagreementMs: 0,
  cache: {
    ...noReads,
    reads: 10,
    memoryHits: 3,
    redisHits: 2,
    memoryStaleHits: 1,
    redisStaleHits: 1,
    loads: 3,
  },
};

test('a quiet block raises nothing, and unknown figures raise nothing', () => {
  assert.deepEqual(judgeBlock(quiet), []);
  assert.deepEqual(
    judgeBlock({
      ...quiet,
      peakBusyVus: null,
      schedulingLagMs: null,
      p99Ms: null,
      driverCpuShare: null,
      foreignCpuShare: null,
      stealShare: null,
      cpuPressurePct: null,
      throttledPeriods: null,
      cache: null,
    }),
    [],
  );
});

const cases: readonly [string, Partial<BlockObservation>, 'hard' | 'soft'][] = [
  ['driver-failed', { driverFailure: 'k6 was killed' }, 'hard'],
  ['replica-lost', { lostReplicas: ['r1'] }, 'hard'],
  ['dropped-arrivals', { dropped: 1 }, 'hard'],
  ['offered-rate', { started: 590 }, 'hard'],
  ['busy-vus', { peakBusyVus: 150 }, 'hard'],
  ['scheduling-lag', { schedulingLagMs: 5.1 }, 'hard'],
  ['driver-cpu', { driverCpuShare: 0.81 }, 'hard'],
  ['foreign-cpu', { foreignCpuShare: 0.12 }, 'soft'],
  ['foreign-cpu', { foreignCpuShare: 0.3 }, 'hard'],
  ['steal', { stealShare: 0.02 }, 'soft'],
  ['steal', { stealShare: 0.06 }, 'hard'],
  ['cpu-pressure', { cpuPressurePct: 41 }, 'soft'],
  ['cpu-quota', { throttledPeriods: 1 }, 'soft'],
  ['clock-jump', { clockDisagreementMs: 150 }, 'hard'],
  ['cache-identity', { cache: { ...noReads, reads: 9, memoryHits: 4, redisHits: 3, loads: 1 } }, 'hard'],
  ['errors', { errors: 7 }, 'hard'],
];
for (const [guard, change, kind] of cases) {
  test(`${guard} is ${kind} for ${JSON.stringify(change)}`, () => {
    const findings = judgeBlock({ ...quiet, ...change });
    assert.deepEqual(
      findings.map((finding) => [finding.guard, finding.kind]),
      [[guard, kind]],
    );
  });
}

test('a slow service may lag in proportion to its p99', () => {
  assert.deepEqual(judgeBlock({ ...quiet, schedulingLagMs: 9, p99Ms: 100 }), []);
});
