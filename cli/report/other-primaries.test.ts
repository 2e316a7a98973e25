import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BlockRecord } from '../experiment/records.ts';
import { figures } from '../figures/figure-list.ts';
import { decideStop } from '../statistics/stopping-rule.ts';
import type { CompareResult } from './compare-result.ts';
import {
  inventCounts,
  inventPlan,
  inventResult,
  inventTogether,
  usual,
} from '../../tests/support/invented-experiment.ts';
import type { Changes } from '../../tests/support/invented-experiment.ts';
import { primarySoFar } from './primary-so-far.ts';
import { formatRound } from './progress.ts';
import { renderTable } from './table.ts';

const planWith = (primary: string) => ({ ...inventPlan('together'), primary });
const resultWith = (primary: string, changes: Changes = {}, shapes = usual): CompareResult =>
  inventResult(planWith(primary), inventTogether(shapes, changes));

const primaryOf = (result: CompareResult, candidate: string) =>
  result.comparisons.find((own) => own.role === 'primary' && own.candidate === candidate);

/** Changes what the blocks of one candidate have counted. */
const countsOf =
  (label: string, counts: (block: BlockRecord) => Parameters<typeof inventCounts>[0]) =>
  (block: BlockRecord): BlockRecord =>
    block.candidate === label ? { ...block, counts: inventCounts(counts(block)) } : block;

/** What somebody who waits is told after these rounds, and whether another follows. */
function lineAfter(primary: string, changes: Changes = {}): { line: string; because: string | null } {
  const plan = planWith(primary);
  const { blocks, rounds } = inventTogether(usual, changes);
  const state = decideStop({
    comparisons: primarySoFar({ plan, blocks, rounds, machine: { cpu: 'a', cores: 2 } }),
    ...{ rounds: rounds.length, roundsFixed: null, partsLeft: 0 },
    ...{ secondsUsed: 60, secondsPerRound: 13, secondsMax: null },
  });
  return { line: formatRound(state, plan), because: state.decision.stop ? state.decision.because : null };
}

test('verdicts can rest on hits: more is better, in points', () => {
  const better = { ...usual, versioned: { medianMs: 2, queries: 0.4, memoryHits: 900 } };
  const result = resultWith('hitRatio', {}, better);
  const own = primaryOf(result, 'cache-aside');
  assert.deepEqual(
    [own?.metric, own?.scale, own?.marginPct, own?.verdict],
    ['hitRatio', 'points', 1, 'better'],
  );
  assert.deepEqual(result.control, { interval95: [0, 0], noiseFloorPct: 0, passed: true });
  const table = renderTable(result);
  assert.match(table, /^hit ratio of feed-browsing · /);
  assert.match(table, /noise floor \(A\/A′\) ±0\.0 points/);
  assert.match(table, /^cache-aside .* ▲ \+90\.0 points \[\+90\.0, \+90\.0\] +better$/m);
  assert.match(
    table,
    /^cache-aside: hit ratio 90\.0 points higher than with no-cache \[\+90\.0, \+90\.0\]: better, by more than the margin of 1 point\.$/m,
  );
  assert.match(table, /^ {2}the same request ▼ -\d+\.\d % .*; p50 ▼ .*; p95 ▼ .*; mean ▼ /m);
  assert.match(table, /^Recommendation: versioned; hit ratio 95\.0 points higher than with no-cache/m);
});

test('verdicts can rest on queries, which are no longer told beside them', () => {
  const table = renderTable(resultWith('storageQueriesPerRequest'));
  assert.match(table, /^storage queries per request of feed-browsing · /);
  assert.match(
    table,
    /^cache-aside: storage queries per request 71\.4 % lower than with no-cache \[-71\.4, -71\.4\]: better, by more than the 5 % that matter\.$/m,
  );
  assert.doesNotMatch(table, /^ {2}storage queries/m);
  assert.match(table, /^ {2}CPU per request of service and stores ▼ /m);
});

test('where zeros are normal, nothing on both sides is no difference', () => {
  const result = resultWith('leaseWaits');
  const own = primaryOf(result, 'versioned');
  assert.deepEqual([own?.changePct, own?.interval95, own?.p], [0, [0, 0], 1]);
  assert.deepEqual([own?.scale, own?.marginPct, own?.verdict], ['plain', 0.01, 'equivalent']);
  assert.equal(result.exitCode, 0);
  const table = renderTable(result);
  assert.match(table, /^versioned .* = 0 per request \[0, 0\] +equivalent$/m);
  assert.match(
    table,
    /^versioned: lease waits as with no-cache \[0, 0\]: equivalent within ±0\.01 per request\.$/m,
  );
  assert.match(table, /Recommendation: keep no-cache; no candidate was shown to be better on lease waits\./);
});

test('a figure that is zero in most rounds is compared in all of them, in its own unit', () => {
  const rare = countsOf('versioned', ({ round }) => ({ work: { leaseWaits: round === 4 ? 90 : 0 } }));
  const own = primaryOf(resultWith('leaseWaits', { block: rare }), 'versioned');
  assert.deepEqual(own?.perRound, [0, 0, 0, 0.09, 0, 0, 0, 0, 0]);
  assert.ok(Math.abs((own?.changePct ?? 0) - 0.01) < 1e-12);
  assert.equal(own?.verdict, 'inconclusive');
  assert.ok((own?.roundsNeeded ?? 0) > 9);
  const often = countsOf('versioned', ({ round }) => ({ work: { leaseWaits: 400 + round } }));
  const table = renderTable(resultWith('leaseWaits', { block: often }));
  assert.match(
    table,
    /^versioned: lease waits 0\.405 per request higher than with no-cache \[\+0\.403, \+0\.407\]: worse, by more than the margin of 0\.01 per request\.$/m,
  );
});

test('it is counted until the interval is as narrow as the margin, and the line says so in its unit', () => {
  const hits = lineAfter('hitRatio');
  assert.equal(hits.because, 'precision');
  assert.match(hits.line, /no-cache→cache-aside \+90\.0 points ±0\.0, versioned .*; wanted ±22\.5 points/);
  const waits = lineAfter('leaseWaits', {
    block: countsOf('versioned', ({ round }) => ({ work: { leaseWaits: 40 * (round % 2) } })),
  });
  assert.equal(waits.because, null);
  assert.match(waits.line, /versioned \+0\.02\d* per request ±0\.01\d*; wanted ±0\.01 per request/);
});

test('identical worlds that differ in what is counted leave no verdict at all', () => {
  const odd = countsOf('no-cache′', () => ({ queries: 2_000, reads: { reads: 1000, bypasses: 1000 } }));
  const result = resultWith('storageQueriesPerRequest', { block: odd });
  assert.deepEqual([result.status, result.exitCode, result.control.passed], ['too-noisy', 31, false]);
  assert.ok(result.comparisons.every(({ verdict }) => verdict === null));
});

test('a machine that is unfit to measure time leaves verdicts on what is counted', () => {
  const uneven = { ...usual, 'no-cache′': { medianMs: 6, queries: 1.4, memoryHits: 0 } };
  const result = resultWith('storageQueriesPerRequest', {}, uneven);
  assert.deepEqual([result.status, result.exitCode, result.control.passed], ['ok', 0, true]);
  assert.equal(primaryOf(result, 'cache-aside')?.verdict, 'better');
  const timed = result.comparisons.filter(
    ({ metric }) => metric === 'request' || metric === 'cpuUsPerRequest',
  );
  assert.ok(
    timed.length > 0 && timed.every(({ withheldReason }) => /differs from itself/.test(withheldReason ?? '')),
  );
});

test('where verdicts rest on CPU, those on response times need a baseline whose own do not differ', () => {
  const slow = { ...usual, 'no-cache′': { medianMs: 6, queries: 1.4, memoryHits: 0 } };
  const result = resultWith('cpuUsPerRequest', {}, slow);
  assert.deepEqual([result.status, result.exitCode, result.control.passed], ['ok', 0, true]);
  const reasonsOf = (metric: string) =>
    result.comparisons.filter((own) => own.metric === metric).map(({ withheldReason }) => withheldReason);
  for (const metric of ['request', 'p50', 'mean'])
    assert.ok(
      reasonsOf(metric).every((reason) => /differs from itself/.test(reason ?? '')),
      metric,
    );
  for (const metric of ['cpuUsPerRequest', 'serviceCpuUsPerRequest', 'hitRatio'])
    assert.ok(
      reasonsOf(metric).every((reason) => reason === null),
      metric,
    );
});

test('every figure can be what verdicts rest on', () => {
  for (const { name } of figures) {
    const result = resultWith(name);
    assert.equal(result.manifest.primary, name);
    assert.doesNotThrow(() => renderTable(result), name);
    const primaries = result.comparisons.filter(({ role }) => role === 'primary');
    assert.ok(primaries.every(({ metric }) => metric === name));
  }
});
