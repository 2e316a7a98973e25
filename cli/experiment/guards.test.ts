import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commandCounters } from '../../app/cache/cache-counters.ts';
import { countsOf } from '../figures/counts.ts';
import { noReads, noTierCommands } from '../worlds/cache-counts.ts';
import type { TierCommands } from '../worlds/cache-counts.ts';
import type { TierName } from '../../app/cache/tiers/index.ts';
import { judgeBlock, judgeCandidate, judgeGenerator, judgeLoad, judgeWorld } from './guards.ts';
import type { BlockObservation, WorldObservation } from './observations.ts';
import type { BlockRecord } from './records.ts';

const lostReplicas = (...names: string[]) => names.map((name) => ({ kindName: 'service', name }));
const lostWorker = { kindName: 'worker', name: 'w1' };

const quiet: BlockObservation = {
  driverFailure: null,
  lostProcesses: [],
  offered: 600,
  started: 600,
  dropped: 0,
  requests: 600,
  errors: 0,
  pastEdge: 0,
  peakBusyVus: 5,
  configuredVus: 180,
  latenessP99Ms: 1,
  p99Ms: 10,
  driverCpuShare: 0.1,
  foreignCpuShare: 0.02,
  stealShare: 0,
  cpuPressurePct: 10,
  throttledPeriods: 0,
  clockDisagreementMs: 0,
  tier: noTierCommands,
  unaccounted: 0,
  isAccountMissing: false,
  settledLateMs: 0,
  planned: 0,
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
      latenessP99Ms: null,
      p99Ms: null,
      driverCpuShare: null,
      foreignCpuShare: null,
      stealShare: null,
      cpuPressurePct: null,
      throttledPeriods: null,
      cache: null,
      tier: null,
      unaccounted: null,
    }),
    [],
  );
});

const cases: readonly [string, Partial<BlockObservation>, 'hard' | 'soft'][] = [
  ['driver-failed', { driverFailure: 'k6 was killed' }, 'hard'],
  ['replica-lost', { lostProcesses: lostReplicas('r1') }, 'hard'],
  ['process-lost', { lostProcesses: [lostWorker] }, 'hard'],
  ['tier-refused', { tier: { ...noTierCommands, reads: 10, refusedReads: 2 } }, 'hard'],
  ['request-identity', { unaccounted: 1 }, 'hard'],
  ['request-identity', { unaccounted: -1 }, 'hard'],
  ['dropped-arrivals', { dropped: 1 }, 'hard'],
  ['offered-rate', { started: 590 }, 'hard'],
  ['busy-vus', { peakBusyVus: 150 }, 'hard'],
  ['scheduling-lag', { latenessP99Ms: 5.1 }, 'soft'],
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
  assert.deepEqual(judgeBlock({ ...quiet, latenessP99Ms: 9, p99Ms: 100 }), []);
});

const healthy: WorldObservation = {
  lostProcesses: [],
  requests: 600,
  errors: 6,
  pastEdge: 0,
  cache: quiet.cache,
  tier: { ...noTierCommands, reads: 100, refusedReads: 1, writes: 30 },
  unaccounted: 0,
  isAccountMissing: false,
  settledLateMs: 0,
  planned: 600,
};

test('a world that does its work raises nothing, and unknown figures raise nothing', () => {
  assert.deepEqual(judgeWorld(healthy), []);
  assert.deepEqual(judgeWorld({ ...healthy, ...tierWith({ writes: 30, refusedWrites: 3 }) }), []);
  assert.deepEqual(judgeWorld({ ...healthy, cache: null, tier: null, unaccounted: null }), []);
  // Six failed: whether they were counted nobody knows.
  for (const unaccounted of [6, -6]) assert.deepEqual(judgeWorld({ ...healthy, unaccounted }), []);
  // An edge died: what it broke off may have been answered twice, and what it answered last is perhaps in no log.
  for (const unaccounted of [8, -8])
    assert.deepEqual(judgeWorld({ ...healthy, unaccounted, pastEdge: 2 }), []);
  assert.equal(judgeWorld({ ...healthy, unaccounted: -9, pastEdge: 2 })[0]?.guard, 'request-identity');
  const nothing = { planned: 0, requests: 0, errors: 0, tier: noTierCommands };
  assert.deepEqual(judgeWorld({ ...healthy, ...nothing }), []);
});

const tierWith = (counts: Partial<TierCommands>) => ({ tier: { ...noTierCommands, ...counts } });

const worldCases: readonly [string, RegExp, Partial<WorldObservation>][] = [
  ['replica-lost', /^replica r1, r2 died$/, { lostProcesses: lostReplicas('r1', 'r2') }],
  ['process-lost', /^worker w1 died$/, { lostProcesses: [lostWorker] }],
  ['errors', /7 of 600 requests failed/, { errors: 7 }],
  [
    'tier-refused',
    /^redis refused 11 of 100 reads \(limit 10.0 %\)$/,
    tierWith({ reads: 100, refusedReads: 11 }),
  ],
  ['tier-refused', /4 of 30 writes/, tierWith({ reads: 100, writes: 30, refusedWrites: 4 })],
  ['tier-refused', /2 of 4 writes to the queue/, tierWith({ queueWrites: 4, refusedQueueWrites: 2 })],
  [
    'tier-refused',
    /^other refused 2 of 10 reads and redis refused 2 of 4 writes to the queue \(limit 10\.0 %\)$/,
    tierWith({
      tier: 'other' as TierName,
      ...{ reads: 10, refusedReads: 2, queueWrites: 4, refusedQueueWrites: 2 },
    }),
  ],
  [
    'tier-refused',
    /5 of 5 reads and 3 of 3 writes/,
    tierWith({ reads: 5, refusedReads: 5, writes: 3, refusedWrites: 3 }),
  ],
  ['request-identity', /^7 requests were counted by no layer/, { unaccounted: 7 }],
  ['request-identity', /^7 requests were counted that no viewer sent/, { unaccounted: -7 }],
  [
    'cache-identity',
    /^1 cache reads/,
    { cache: { ...noReads, reads: 9, memoryHits: 4, redisHits: 3, loads: 1 } },
  ],
];
for (const [guard, message, change] of worldCases) {
  test(`${guard} withholds the verdict of a world for ${JSON.stringify(change)}`, () => {
    const [finding, ...others] = judgeWorld({ ...healthy, ...change });
    assert.deepEqual([finding?.guard, finding?.kind, finding?.fault], [guard, 'hard', 'service']);
    assert.match(finding?.message ?? '', message);
    assert.deepEqual(others, []);
  });
}

test('a world that fails in more ways than one says each', () => {
  const guards = judgeWorld({ ...healthy, lostProcesses: lostReplicas('r1'), errors: 600 }).map(
    ({ guard }) => guard,
  );
  assert.deepEqual(guards, ['replica-lost', 'errors']);
});

/** Seven rounds of one candidate, of which one is changed. */
function roundsWith(change: Partial<WorldObservation>, changed: readonly number[] = [3]): BlockRecord[] {
  return Array.from({ length: 7 }, (_, index) => {
    const seen = { ...healthy, errors: 0, ...(changed.includes(index) ? change : {}) };
    const { requests, errors, tier } = seen;
    const counts = tier === null ? null : countsOf(commandCounters, tier);
    return { requests, errors, counts, findings: judgeWorld(seen) } as unknown as BlockRecord;
  });
}

test('a candidate that did its work in all rounds may have its verdict', () => {
  assert.equal(judgeCandidate(roundsWith({})), null);
  assert.equal(judgeCandidate([]), null);
});

test('one bad round does not take a verdict away, when all rounds together are well', () => {
  assert.equal(judgeCandidate(roundsWith({ errors: 40 })), null);
  const { tier } = tierWith({ reads: 100, refusedReads: 60, writes: 30, refusedWrites: 2 });
  assert.equal(judgeCandidate(roundsWith({ tier })), null);
});

test('what fails over all rounds takes it away', () => {
  assert.match(judgeCandidate(roundsWith({ errors: 43 }))?.message ?? '', /43 of 4200 requests failed/);
  const every = [0, 1, 2, 3, 4, 5, 6];
  const { tier } = tierWith({ reads: 100, writes: 30, queueWrites: 9, refusedQueueWrites: 9 });
  assert.match(judgeCandidate(roundsWith({ tier }, every))?.message ?? '', /63 of 63 writes to the queue/);
});

test('a lost replica, or counters that disagree, take it away in whatever round', () => {
  assert.equal(judgeCandidate(roundsWith({ lostProcesses: lostReplicas('r1') }))?.guard, 'replica-lost');
  assert.equal(judgeCandidate(roundsWith({ lostProcesses: [lostWorker] }))?.guard, 'process-lost');
  assert.equal(judgeCandidate(roundsWith({ cache: { ...noReads, reads: 1 } }))?.guard, 'cache-identity');
});

test('a round that was hardly sent is invalid, and none of the candidates is at fault', () => {
  for (const requests of [0, 299]) {
    const seen = { ...healthy, requests, errors: 0 };
    const [finding, ...others] = judgeWorld(seen);
    assert.deepEqual([finding?.guard, finding?.kind, finding?.fault], ['hardly-sent', 'hard', 'generator']);
    assert.match(finding?.message ?? '', new RegExp(`^only ${requests} of 600 requests were answered`));
    assert.deepEqual(others, []);
    assert.equal(judgeCandidate(roundsWith(seen)), null);
  }
  assert.deepEqual(judgeWorld({ ...healthy, requests: 300, errors: 0 }), []);
});

test('what is only named, and what the machine did, takes no verdict away', () => {
  for (const change of [{ unaccounted: null, isAccountMissing: true }, { settledLateMs: 40 }])
    assert.equal(judgeCandidate(roundsWith(change)), null);
});

test('a load is judged by the same limits: its driver first, then the service, then the generator', () => {
  const sound = { driverFailure: null, requests: 600, errors: 6, dropped: 0, tier: noTierCommands };
  assert.deepEqual(judgeLoad(sound), []);
  assert.deepEqual(judgeLoad({ ...sound, tier: null }), []);
  const unsound = { ...sound, errors: 7, dropped: 2, ...tierWith({ reads: 10, refusedReads: 2 }) };
  assert.deepEqual(
    judgeLoad(unsound).map(({ guard, fault }) => [guard, fault]),
    [
      ['errors', 'service'],
      ['tier-refused', 'service'],
      ['dropped-arrivals', 'generator'],
    ],
  );
  const [worst] = judgeLoad({ ...unsound, driverFailure: 'k6 was killed' });
  assert.deepEqual([worst?.guard, worst?.message], ['driver-failed', 'k6 was killed']);
});

test('rounds together bear some dropped arrivals, and a generator that has cores left', () => {
  const easy = { offered: 1_000, dropped: 50, driverCpuShare: 0.8 };
  assert.deepEqual(judgeGenerator(easy), []);
  assert.deepEqual(judgeGenerator({ ...easy, driverCpuShare: null }), []);
  const guardsOf = (change: Partial<typeof easy>) =>
    judgeGenerator({ ...easy, ...change }).map(({ guard }) => guard);
  assert.deepEqual(guardsOf({ dropped: 51 }), ['dropped-share']);
  assert.deepEqual(guardsOf({ driverCpuShare: 0.81 }), ['driver-cpu']);
});

test('a round of which nobody can tell who answered says so, and counts all the same', () => {
  assert.deepEqual(
    judgeWorld({ ...healthy, unaccounted: null, isAccountMissing: true }).map(({ guard, kind }) => [
      guard,
      kind,
    ]),
    [['request-account', 'soft']],
  );
});
