import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inventCounts } from '../../tests/support/invented-experiment.ts';
import type { BlockRecord, GuardFinding } from '../experiment/records.ts';
import type { CompareResult } from './compare-result.ts';
import {
  inventFinding,
  inventPlan,
  inventResult,
  inventTogether,
  inventTurns,
  usual,
} from '../../tests/support/invented-experiment.ts';
import { renderTable } from './table.ts';

const plan = inventPlan('together');
const turns = inventPlan('turns');

const comparisonOf = (result: CompareResult, candidate: string, metric: string, baseline = 'no-cache') =>
  result.comparisons.find(
    (own) => own.candidate === candidate && own.metric === metric && own.baseline === baseline,
  );

const lostReplica: GuardFinding = {
  guard: 'replica-lost',
  kind: 'hard',
  fault: 'service',
  message: 'replica r2 died',
};

/** Some candidates lose a replica in round 3. */
const failing = (...labels: readonly string[]) => ({
  block: (block: BlockRecord): BlockRecord =>
    labels.includes(block.candidate) && block.round === 3
      ? { ...block, status: 'invalid', findings: [lostReplica] }
      : block,
});

test('a candidate that fails loses its own verdicts, and the others keep theirs and all rounds', () => {
  const result = inventResult(plan, inventTogether(usual, failing('cache-aside')));
  assert.deepEqual([result.status, result.exitCode, result.withheldReason], ['ok', 0, null]);
  for (const metric of ['request', 'storageQueriesPerRequest', 'hitRatio']) {
    const own = comparisonOf(result, 'cache-aside', metric);
    assert.equal(own?.verdict, null, metric);
    assert.equal(own?.withheldReason, 'cache-aside failed: replica r2 died');
    assert.ok((own?.changePct ?? 0) !== 0, 'the figure is shown');
  }
  assert.equal(comparisonOf(result, 'versioned', 'request', 'cache-aside')?.verdict, null);
  assert.equal(comparisonOf(result, 'versioned', 'request')?.verdict, 'better');
  assert.equal(comparisonOf(result, 'versioned', 'request')?.perRound.length, 9);
  const text = renderTable(result);
  assert.match(text, /Recommendation: versioned/);
  assert.match(text, /Verdict withheld: cache-aside failed: replica r2 died\./);
});

const errorsIn = (rounds: readonly number[], errors: number) => ({
  block: (block: BlockRecord): BlockRecord =>
    block.candidate === 'cache-aside' && rounds.includes(block.round)
      ? { ...block, status: 'invalid', errors, paired: null }
      : block,
});

test('requests that fail are judged over all rounds: one stall of the machine takes no verdict away', () => {
  const stalled = inventResult(plan, inventTogether(usual, errorsIn([3], 20)));
  assert.equal(comparisonOf(stalled, 'cache-aside', 'request')?.verdict, 'better');
  assert.equal(comparisonOf(stalled, 'cache-aside', 'request')?.perRound[2], null);
  const failed = inventResult(plan, inventTogether(usual, errorsIn([3, 4, 5, 6, 7], 20)));
  assert.match(comparisonOf(failed, 'cache-aside', 'request')?.withheldReason ?? '', /100 of 8100 requests/);
});

test('a tier that refused more than a tenth of its writes takes the verdict away', () => {
  const refusing = (refusedWrites: number) =>
    inventTogether(usual, {
      block: (block) =>
        block.candidate === 'versioned'
          ? { ...block, counts: inventCounts({ commands: { reads: 100, writes: 90, refusedWrites } }) }
          : block,
    });
  const verdictOf = (refusedWrites: number) =>
    comparisonOf(inventResult(plan, refusing(refusedWrites)), 'versioned', 'request');
  assert.match(verdictOf(10)?.withheldReason ?? '', /redis refused 90 of 810 writes \(limit 10.0 %\)/);
  assert.equal(verdictOf(9)?.verdict, 'better');
});

test('where the tier of all candidates refuses, the way out is not a lower rate', () => {
  const message = 'redis refused 90 of 90 writes';
  const findings = [{ guard: 'tier-refused', kind: 'hard', fault: 'service', message } as const];
  const counts = inventCounts({ commands: { writes: 90, refusedWrites: 90 } });
  const refusing = inventTogether(usual, {
    block: (block) =>
      block.candidate.startsWith('no-cache') ? block : { ...block, status: 'invalid', findings, counts },
  });
  const result = inventResult(plan, refusing);
  assert.equal(result.exitCode, 20);
  assert.match(
    renderTable(result),
    /No recommendation: .*redis refused .* docs\/runbooks\/redis-tier-refuses\.md\.\n/,
  );
});

test('a verdict that is required is missed where a candidate failed', () => {
  const experiment = inventTogether(usual, failing('cache-aside'));
  assert.equal(inventResult(plan, experiment, { requireVerdict: true }).exitCode, 11);
  assert.equal(inventResult(plan, inventTogether(usual), { requireVerdict: true }).exitCode, 0);
});

for (const labels of [['no-cache'], ['no-cache′'], ['cache-aside', 'versioned']]) {
  test(`when ${labels.join(' and ')} fails there is nothing to compare`, () => {
    const result = inventResult(plan, inventTogether(usual, failing(...labels)));
    assert.deepEqual([result.status, result.exitCode], ['service-failed', 20]);
    assert.match(result.withheldReason ?? '', /^(no-cache′?|cache-aside) failed: replica r2 died/);
    assert.equal(comparisonOf(result, 'versioned', 'request')?.verdict, null);
    assert.equal(comparisonOf(result, 'versioned', 'hitRatio')?.verdict, null);
    assert.match(renderTable(result), /No recommendation: .* failed: replica r2 died/);
  });
}

test('the only candidate that fails leaves nothing to compare', () => {
  const own = inventPlan('together', ['no-cache', 'versioned']);
  const { 'cache-aside': _, ...shapes } = usual;
  const result = inventResult(own, inventTogether(shapes, failing('versioned')));
  assert.equal(result.exitCode, 20);
});

test('a soft finding and one against the machine take no verdict away', () => {
  const result = inventResult(
    plan,
    inventTogether(usual, {
      block: (block) => ({
        ...block,
        findings: [inventFinding('machine'), { ...inventFinding('service'), kind: 'soft' }],
      }),
    }),
  );
  assert.equal(comparisonOf(result, 'cache-aside', 'request')?.verdict, 'better');
});

/** Rounds that were not sent, or began too early, in all worlds alike. */
const spoiledIn = (rounds: readonly number[], fault: GuardFinding['fault']) => ({
  block: (block: BlockRecord): BlockRecord =>
    rounds.includes(block.round)
      ? { ...block, status: 'invalid', requests: 0, findings: [inventFinding(fault)] }
      : block,
});

test('a round together that says nothing of anybody is left out for all, and that is said', () => {
  const result = inventResult(plan, inventTogether(usual, spoiledIn([4], 'generator')));
  assert.deepEqual([result.status, result.exitCode], ['ok', 0]);
  assert.equal(comparisonOf(result, 'versioned', 'request')?.verdict, 'better');
  assert.equal(comparisonOf(result, 'versioned', 'request')?.perRound.length, 8);
  assert.equal(result.candidates[0]?.requests, 8 * 900);
  assert.ok(
    result.notes.includes('Not counted: round 4: a-guard in 4 of its blocks; no-cache: it went wrong.'),
  );
});

for (const [fault, exitCode] of [
  ['generator', 30],
  ['machine', 31],
] as const)
  test(`where no round together counts, the ${fault} is at fault and nothing is concluded`, () => {
    const all = [1, 2, 3, 4, 5, 6, 7, 8, 9];
    const result = inventResult(plan, inventTogether(usual, spoiledIn(all, fault)));
    assert.equal(result.exitCode, exitCode);
    assert.deepEqual(
      result.comparisons.filter(({ verdict }) => verdict !== null),
      [],
    );
    assert.match(renderTable(result), /No recommendation: nothing was measured: /);
  });

test('a baseline that differs from itself leaves verdicts on what is counted alone', () => {
  const shapes = { ...usual, 'no-cache′': { medianMs: 6, queries: 1.4, memoryHits: 0 } };
  const result = inventResult(plan, inventTogether(shapes));
  assert.deepEqual([result.status, result.exitCode, result.control.passed], ['too-noisy', 31, false]);
  for (const metric of ['request', 'p50', 'p95', 'mean', 'cpuUsPerRequest']) {
    const own = comparisonOf(result, 'cache-aside', metric);
    assert.deepEqual([own?.verdict, own?.withheldReason], [null, 'the baseline differs from itself (A/A′)']);
  }
  assert.equal(comparisonOf(result, 'cache-aside', 'storageQueriesPerRequest')?.verdict, 'better');
  assert.equal(comparisonOf(result, 'cache-aside', 'hitRatio')?.verdict, 'better');
  assert.match(renderTable(result), /No recommendation: the baseline differs from itself/);
});

test('a baseline that differs from itself by less than matters, or by no more than processes do, passes', () => {
  const control = (medianMs: number, noise: number) =>
    inventResult(
      plan,
      inventTogether({ ...usual, 'no-cache′': { medianMs, noise, queries: 1.4, memoryHits: 0 } }),
    ).control;
  // 4.5 % is not what matters; 8 % is, and rounds that agree tell it.
  assert.equal(control(4.18, 0).passed, true);
  assert.equal(control(4.32, 0).passed, false);
  assert.equal(control(4.32, 0.6).passed, true);
  // t(0.975, 15) × √2 × 1.2 % = 3.6 %: what processes differ by, however well rounds agree.
  assert.ok((control(4, 0).noiseFloorPct ?? 0) > 3.6);
});

test('a generator at its limit leaves verdicts on what is counted alone', () => {
  const experiment = inventTogether(usual, { experiment: { ended: 'generator', stoppedBecause: null } });
  const result = inventResult(plan, experiment);
  assert.deepEqual([result.status, result.exitCode], ['generator-saturated', 30]);
  assert.equal(comparisonOf(result, 'versioned', 'request')?.verdict, null);
  assert.equal(comparisonOf(result, 'versioned', 'hitRatio')?.verdict, 'better');
  assert.match(
    renderTable(result),
    /No recommendation: the load generator could not keep .* Try --rate 38\./,
  );
});

test('an interrupted run and a dead store keep what was finished, and conclude nothing', () => {
  for (const [ended, failure, exitCode, note] of [
    ['interrupted', null, 130, /CPU of the machine/],
    ['gave-up', 'PostgreSQL died', 20, /^PostgreSQL died; the figures are of the 9 rounds before\.$/],
  ] as const) {
    const experiment = inventTogether(usual, { experiment: { ended, stoppedBecause: null } });
    const result = inventResult(plan, experiment, { failure });
    assert.equal(result.exitCode, exitCode);
    assert.match(result.notes[0] ?? '', note);
    assert.ok(result.comparisons.length > 0);
    assert.ok(result.comparisons.every(({ verdict, withheldReason }) => verdict === null && withheldReason));
    assert.match(renderTable(result), /withheld/);
  }
});

for (const [fault, exitCode] of [
  ['service', 20],
  ['generator', 30],
  ['machine', 31],
] as const) {
  test(`in turns an experiment that the ${fault} spoils ends with ${exitCode} and no verdict`, () => {
    const experiment = inventTurns(usual, {
      block: (block) =>
        block.round === 7 && block.slot === 2
          ? { ...block, status: 'invalid', findings: [inventFinding(fault)] }
          : block,
      experiment: { ended: fault === 'service' ? 'gave-up' : 'noisy', stoppedBecause: null },
    });
    const result = inventResult(turns, experiment);
    assert.equal(result.exitCode, exitCode);
    assert.equal(comparisonOf(result, 'versioned', 'p50')?.verdict, null);
    assert.equal(comparisonOf(result, 'versioned', 'hitRatio')?.verdict, null);
    assert.ok(result.notes.some((note) => /^(Not counted|Spoiled): round 7, try 1: a-guard in 1/.test(note)));
    assert.ok((result.candidates[0]?.latencyMs.p50 ?? 0) > 0);
  });
}

test('a start whose rounds are all left out narrows no interval', () => {
  const intervalOf = (partOf: (round: number) => number) => {
    const experiment = inventTogether(usual, {
      ...spoiledIn([7, 8, 9], 'generator'),
      round: (round) => ({ ...round, part: partOf(round.round) }),
    });
    return comparisonOf(inventResult(plan, experiment), 'versioned', 'request')?.interval95;
  };
  const one = intervalOf(() => 1);
  assert.ok(one);
  assert.deepEqual(
    intervalOf((round) => (round > 6 ? 2 : 1)),
    one,
  );
  assert.notDeepEqual(
    intervalOf((round) => (round > 3 ? 2 : 1)),
    one,
  );
});

test('in turns an invalid round is left out of the figures', () => {
  const experiment = inventTurns(usual, {
    block: (block) => (block.round === 1 && block.slot === 1 ? { ...block, status: 'invalid' } : block),
  });
  assert.equal(inventResult(turns, experiment).candidates[0]?.requests, 6 * 900);
});
