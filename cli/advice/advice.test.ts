import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CompareResult } from '../report/compare-result.ts';
import { inventPlan, inventResult, inventTogether } from '../../tests/support/invented-experiment.ts';
import { unknownHitRatios } from '../report/measured-results.ts';
import { adviseFrom, adviseNone, isHopeless } from './advice.ts';
import type { Simulation } from './advice.ts';
import { renderAdvice } from './advice-text.ts';

const labels = ['versioned:memory=512KiB', 'versioned:memory=1MiB', 'versioned'] as const;
const plan = inventPlan('together', ['no-cache', ...labels]);
const shapeOf = (label: string) =>
  label.startsWith('no-cache')
    ? { medianMs: 4, queries: 1, memoryHits: 0 }
    : { medianMs: 2, queries: 1, memoryHits: 800 };
const invented = inventResult(
  plan,
  inventTogether(Object.fromEntries(plan.candidates.map(({ label }) => [label, shapeOf(label)]))),
);
const measured = new Map<string, number>([
  [labels[0], 0.8],
  [labels[1], 0.895],
  [labels[2], 0.9],
]);
/** Round by round the same, but that a round of the best has now more and now less. */
const ratioIn = (name: string, round: number): number | null => {
  const ratio = measured.get(name);
  if (ratio === undefined) return null;
  return name === labels[2] ? ratio + (round % 2 === 0 ? 0.001 : -0.001) : ratio;
};
const result: CompareResult = {
  ...invented,
  candidates: invented.candidates.map((one) => {
    const ratio = measured.get(one.name) ?? null;
    return { ...one, hitRatio: { ...unknownHitRatios, memory: ratio, all: ratio } };
  }),
  blocks: invented.blocks.map((block) => ({
    ...block,
    figures: { ...block.figures, hitRatio: ratioIn(block.candidate, block.round) },
  })),
};
const run = [
  { label: labels[0], bytes: 2 ** 20, hitRatio: 0.81 },
  { label: labels[1], bytes: 2 ** 21, hitRatio: 0.9 },
  { label: labels[2], bytes: 2 ** 23, hitRatio: 0.905 },
];
const simulation: Simulation = {
  ...{ front: run, simulated: 98, strategy: 'versioned' },
  ...{ isForeign: false, isWhole: true, recordedSeconds: 125 },
};
const adviseOn = (of: CompareResult, more: Partial<Simulation> = {}) =>
  adviseFrom(of, run, { ...simulation, ...more });
/** Lines are folded for a terminal. */
const textOf = (of: CompareResult, more: Partial<Simulation> = {}) =>
  renderAdvice(adviseOn(of, more), of).replaceAll(/\n {2}(?=\S)/g, ' ');

test('the advice names the cheapest that is as good, its gain, its price, how sure it is, and what was not tested', () => {
  const advice = adviseOn(result);
  assert.equal(advice.recommended?.label, labels[1]);
  assert.equal(advice.best?.label, labels[2]);
  const text = textOf(result);
  assert.match(text, /^Advice: versioned:memory=1MiB$/m);
  assert.match(text, /^Its gain: caches answered 89\.5 % of the reads in place of storage, as measured\.$/m);
  assert.match(text, /^Its price: 2 MiB of memory .* over 2 replicas and Redis together;/m);
  const alone = { ...result, manifest: { ...result.manifest, replicas: 1 } };
  assert.match(textOf(alone), /over the replica and Redis together;/);
  assert.match(text, /versioned hits most: 0\.5 points more, for 8 MiB, which is 4\.0 times as much/);
  assert.match(
    text,
    /^Response time: the same request takes (49|50)\.\d % less time than with no-cache .*: better\.$/m,
  );
  assert.match(text, /^Why: 98 configurations of versioned were simulated/m);
  assert.match(
    text,
    /hit ratios differ by 1\.0 points at most, over 3 configurations\. In the 9 rounds in which nothing was amiss with either it hits 0\.5 points less than the best \[0\.\d, 0\.\d\]\./,
  );
  assert.match(text, /It rests on 9 rounds and 2 min 5 s of one recording/);
  assert.match(text, /^Not tested: 95 of 98 configurations/m);
  assert.doesNotMatch(text, /undefined|NaN/);
});

test('a round in which something was amiss with one is not held against the other, and the text says of how many it is', () => {
  const blocks = result.blocks.map((block) =>
    block.candidate === labels[2] && block.round === 1
      ? { ...block, status: 'invalid' as const, figures: { ...block.figures, hitRatio: 0.1 } }
      : block,
  );
  const text = textOf({ ...result, blocks });
  assert.match(text, /versioned hits most: 0\.5 points more/);
  assert.match(text, /In the 8 rounds in which nothing was amiss with either it hits 0\.[56] points less/);
});

test('no line is wider than a terminal', () => {
  for (const line of renderAdvice(adviseOn(result), result).split('\n')) assert.ok(line.length <= 100, line);
});

test('a verdict that was withheld is told as that, with its reason, and what the advice rests on', () => {
  const comparisons = result.comparisons.map((one) => ({
    ...one,
    verdict: null,
    withheldReason: 'the load generator could not keep to its schedule',
  }));
  assert.match(
    textOf({ ...result, comparisons }),
    /^Response time: .*, which is no verdict: the load generator could not keep to its schedule\. The advice rests on hits and bytes/m,
  );
});

test('what fails, or slows requests down, is not advised however much it hits', () => {
  const failing = result.candidates.map((one) =>
    one.name === labels[1] ? { ...one, errors: one.requests / 2 } : one,
  );
  const advice = adviseOn({ ...result, candidates: failing });
  assert.equal(advice.recommended?.label, labels[2]);
  assert.match(advice.verified[1]?.trouble ?? '', /requests failed/);
  const slow = result.comparisons.map((one) => ({ ...one, verdict: 'worse' as const, changePct: 12 }));
  const none = adviseOn({ ...result, comparisons: slow });
  assert.equal(none.recommended, null);
  assert.match(
    renderAdvice(none, result).replaceAll('\n  ', ' '),
    /^Advice: none is given, since none of those that were run can be recommended \(.*12\.0 % more time/m,
  );
});

test('without a round, or with an end before its time, there is no advice, and that is said', () => {
  const candidates = result.candidates.map((one) => ({
    ...one,
    requests: 0,
    hitRatio: unknownHitRatios,
  }));
  for (const [ended, pattern] of [
    [{ ...result, candidates }, /none is given, since no hit ratio was measured\.$/m],
    [{ ...result, status: 'interrupted' }, /none is given, since the replay was interrupted\.$/m],
    [
      { ...result, status: 'service-failed', withheldReason: 'no-cache failed: a replica died' },
      /none is given, since no-cache failed: a replica died\.$/m,
    ],
  ] as const) {
    assert.equal(adviseOn(ended).recommended, null);
    assert.match(textOf(ended), pattern);
  }
});

test('simulation and measurement that are far apart are a doubt, and that a recording goes on is told', () => {
  const off = run.map((one) => ({ ...one, hitRatio: one.hitRatio - 0.05 }));
  const advice = adviseFrom(result, off, { ...simulation, isWhole: false });
  const text = renderAdvice(advice, result).replaceAll('\n  ', ' ');
  assert.match(text, /more than the 2 points within which they agree elsewhere/);
  assert.match(text, /what the recording has after its first 2 min 5 s/);
});

test("of others' objects the simulation decides: what was sent in their place measures no hits of theirs", () => {
  const advice = adviseOn(result, { isForeign: true });
  assert.deepEqual([advice.recommended?.label, advice.pointsOffMax], [labels[1], null]);
  const text = textOf(result, { isForeign: true });
  assert.match(
    text,
    /^Its gain: caches would answer 90\.0 % of the reads in place of storage, as simulated\.$/m,
  );
  assert.match(text, /no hit ratio could be measured to hold against the simulated ones/);
});

test('where nothing is asked for again, no cache is the advice, and nothing is run', () => {
  const front = [{ label: labels[0], bytes: 100, hitRatio: 0.004 }];
  assert.deepEqual([isHopeless(simulation), isHopeless({ front })], [false, true]);
  const text = renderAdvice(adviseNone({ ...simulation, front }), null).replaceAll('\n  ', ' ');
  assert.match(
    text,
    /^Advice: none is given, since no cache would be worth its memory: even the best configuration would answer 0\.4 %/m,
  );
  assert.match(text, /None of them was run\./);
});
