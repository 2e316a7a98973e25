import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BlockRecord } from '../experiment/records.ts';
import type { CompareResult } from './compare-result.ts';
import {
  inventPlan,
  inventResult,
  inventTogether,
  inventTurns,
  usual,
} from '../../tests/support/invented-experiment.ts';
import { renderTable } from './table.ts';

const plan = inventPlan('together');
const resultOf = (...args: Parameters<typeof inventTogether>): CompareResult =>
  inventResult(plan, inventTogether(...args));

const comparisonOf = (result: CompareResult, candidate: string, metric: string, baseline = 'no-cache') =>
  result.comparisons.find(
    (own) => own.candidate === candidate && own.metric === metric && own.baseline === baseline,
  );

const blocksOf =
  (label: string, change: (block: BlockRecord) => Partial<BlockRecord>) =>
  (block: BlockRecord): BlockRecord =>
    block.candidate === label ? { ...block, ...change(block) } : block;

test('a clear win is better for the same request, in quantiles and means, and on storage queries', () => {
  const result = resultOf(usual);
  assert.equal(result.status, 'ok');
  assert.equal(result.control.passed, true);
  for (const metric of ['request', 'p50', 'p95', 'mean', 'storageQueriesPerRequest', 'hitRatio']) {
    assert.equal(comparisonOf(result, 'cache-aside', metric)?.verdict, 'better', metric);
  }
  const primary = comparisonOf(result, 'cache-aside', 'request');
  assert.equal(primary?.role, 'primary');
  assert.ok(Math.abs((primary?.changePct ?? 0) + 50) < 2, String(primary?.changePct));
  assert.equal(result.comparisons.filter(({ role }) => role === 'primary').length, 2);
});

test('every figure of a comparison can be computed from what is written', () => {
  const result = resultOf(usual);
  const own = comparisonOf(result, 'versioned', 'request');
  const perRound = own?.perRound ?? [];
  assert.equal(perRound.length, 9);
  const logOf = (round: number, candidate: string) =>
    result.blocks.find((block) => block.round === round && block.candidate === candidate)?.paired?.meanLogUs;
  perRound.forEach((difference, index) => {
    const expected = (logOf(index + 1, 'versioned') ?? 0) - (logOf(index + 1, 'no-cache') ?? 0);
    assert.equal(difference, expected);
  });
  const known = perRound.map((value) => value ?? 0);
  const mean = known.reduce((sum, value) => sum + value, 0) / known.length;
  assert.ok(Math.abs((own?.changePct ?? 0) - (Math.exp(mean) - 1) * 100) < 1e-9);
  assert.deepEqual([own?.scale, own?.processSdPct, own?.processDf], ['ratio', 1.2, 15]);
  assert.equal(own?.pairsLeftOut, 9 * 2);
  assert.ok((own?.df ?? 0) > 8);
});

test('what is counted has no spread of processes, and hit ratios differ in points', () => {
  const result = resultOf(usual);
  const queries = comparisonOf(result, 'versioned', 'storageQueriesPerRequest');
  assert.deepEqual([queries?.processSdPct, queries?.processDf, queries?.pairsLeftOut], [0, null, null]);
  assert.deepEqual([queries?.p, queries?.interval95?.[0]], [0, queries?.changePct]);
  const hits = comparisonOf(result, 'versioned', 'hitRatio');
  assert.equal(hits?.scale, 'points');
  assert.ok(Math.abs((hits?.changePct ?? 0) - 90) < 1e-9);
  assert.ok(Math.abs((hits?.perRound[0] ?? 0) - 0.9) < 1e-9);
  const same = comparisonOf(result, 'versioned', 'hitRatio', 'cache-aside');
  assert.deepEqual([same?.p, same?.verdict], [1, 'equivalent']);
});

test('each pair of candidates is compared, the later one with the earlier one, without the control', () => {
  const names = ['no-cache', 'cache-aside', 'versioned', 'read-through'];
  const shapes = Object.fromEntries(
    [...names, 'no-cache′'].map((name) => [name, usual[name] ?? usual['versioned']] as const),
  ) as typeof usual;
  const own = inventPlan('together', names);
  const result = inventResult(own, inventTogether(shapes));
  const pairs = result.comparisons
    .filter(({ metric, baseline }) => metric === 'request' && baseline !== 'no-cache')
    .map(({ candidate, baseline, role }) => `${candidate} ${baseline} ${role}`);
  assert.deepEqual(pairs, [
    'versioned cache-aside exploratory',
    'read-through cache-aside exploratory',
    'read-through versioned exploratory',
  ]);
});

test('Holm counts the comparisons with the baseline, and the pairs of candidates, each for themselves', () => {
  const result = resultOf(usual);
  const adjustedBy = (candidate: string, baseline?: string) => {
    const own = comparisonOf(result, candidate, 'p50', baseline);
    return (own?.pAdjusted ?? 0) / (own?.p ?? 1);
  };
  const factors = [adjustedBy('cache-aside'), adjustedBy('versioned')];
  assert.ok(Math.abs(Math.max(...factors) - 2) < 1e-9, String(factors));
  assert.equal(adjustedBy('versioned', 'cache-aside'), 1);
});

test('a round that lacks a figure is left out of that comparison alone', () => {
  const result = resultOf(usual, {
    block: blocksOf('versioned', ({ round, paired }) => ({ paired: round === 4 ? null : paired })),
  });
  const lacking = comparisonOf(result, 'versioned', 'request');
  assert.deepEqual(
    lacking?.perRound.map((value) => value === null),
    [false, false, false, true, false, false, false, false, false],
  );
  assert.equal(lacking?.pairsLeftOut, 8 * 2);
  assert.equal(lacking?.verdict, 'better');
  assert.ok(comparisonOf(result, 'versioned', 'p50')?.perRound.every((value) => value !== null));
  assert.ok(comparisonOf(result, 'cache-aside', 'request')?.perRound.every((value) => value !== null));
});

test('a loss is said as plainly as a win', () => {
  const result = resultOf({ ...usual, 'cache-aside': { medianMs: 8, queries: 0.4, memoryHits: 850 } });
  assert.equal(comparisonOf(result, 'cache-aside', 'request')?.verdict, 'worse');
  assert.match(
    renderTable(result),
    /^cache-aside: the same request takes \d+(\.\d)? % more time than with no-cache \[\+.*\]: worse, by more/m,
  );
});

test('two of the same are equivalent, and nothing is recommended over the baseline', () => {
  const same = { medianMs: 4, queries: 1.4, memoryHits: 0 };
  const result = resultOf({ ...usual, 'cache-aside': same, versioned: same });
  assert.equal(comparisonOf(result, 'versioned', 'request')?.verdict, 'equivalent');
  assert.match(renderTable(result), /Recommendation: keep no-cache/);
});

test('what noise hides is inconclusive, and says what it would take', () => {
  const noisy = (medianMs: number, noise: number) => ({
    ...usual,
    'cache-aside': { medianMs, noise, queries: 1.4, memoryHits: 0 },
  });
  const hidden = comparisonOf(resultOf(noisy(4, 1.2)), 'cache-aside', 'request');
  assert.equal(hidden?.verdict, 'inconclusive');
  assert.ok((hidden?.roundsNeeded ?? 0) > 9, String(hidden?.roundsNeeded));
  assert.equal(hidden?.needsMoreStarts, false);
  const required = inventResult(plan, inventTogether(noisy(4, 1.2)), { requireVerdict: true });
  assert.deepEqual([required.status, required.exitCode], ['inconclusive', 11]);
});

test('in turns the same-request change and the process term are there too', () => {
  const result = inventResult(inventPlan('turns'), inventTurns(usual));
  assert.equal(comparisonOf(result, 'versioned', 'p50')?.role, 'primary');
  assert.equal(comparisonOf(result, 'versioned', 'request')?.verdict, 'better');
  assert.equal(comparisonOf(result, 'versioned', 'request')?.processSdPct, 1.2);
  assert.deepEqual(result.rounds, []);
});

test('more starts narrow what processes differ by', () => {
  const widthWith = (parts: number) => {
    const result = resultOf(usual, { round: (own) => ({ ...own, part: 1 + (own.round % parts) }) });
    const [low, high] = comparisonOf(result, 'versioned', 'request')?.interval95 ?? [0, 0];
    return high - low;
  };
  assert.ok(widthWith(3) < 0.75 * widthWith(1), `${widthWith(3)} of ${widthWith(1)}`);
});
