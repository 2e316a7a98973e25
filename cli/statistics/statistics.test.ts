import assert from 'node:assert/strict';
import { test } from 'node:test';
import { randomAt } from '../../loadtests/workloads/counter-random.ts';
import {
  createHistogram,
  isQuantileKnown,
  mergeHistograms,
  quantileMs,
  recordUs,
  requestsMissing,
} from './histograms.ts';
import { holmAdjust, roundsMin } from './holm.ts';
import { pairedEffect, toPct } from './paired-effect.ts';
import { signFlipP } from './sign-flip.ts';
import { judge, latencyMargin, roundsNeeded } from './verdict.ts';

const near = (actual: number, expected: number, tolerance: number) =>
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not ${expected} ± ${tolerance}`);

/** A standard normal number by the sum of twelve uniform ones. */
const normal = (seed: number, round: number, index: number): number => {
  let sum = -6;
  for (let draw = 0; draw < 12; draw += 1) sum += randomAt(seed, round, 77, index, draw);
  return sum;
};

test('a t interval agrees with a worked example', () => {
  // n = 5, mean 3, sd 1.5811; t(0.975, 4) = 2.7764, t(0.95, 4) = 2.1318 (tables).
  const effect = pairedEffect([1, 2, 3, 4, 5]);
  near(effect.mean, 3, 1e-12);
  near(effect.sd, Math.sqrt(2.5), 1e-12);
  near(effect.interval95?.[0] ?? 0, 3 - (2.7764 * Math.sqrt(2.5)) / Math.sqrt(5), 1e-3);
  near(effect.interval90?.[1] ?? 0, 3 + (2.1318 * Math.sqrt(2.5)) / Math.sqrt(5), 1e-3);
});

test('one round has a mean and no interval', () => {
  const effect = pairedEffect([0.5]);
  assert.equal(effect.mean, 0.5);
  assert.equal(effect.interval95, null);
});

test('a log ratio is a change in percent', () => near(toPct(Math.log(0.5)), -50, 1e-9));

test('sign flips give 2 / 2^n when all rounds agree, and 1 when they cancel', () => {
  assert.equal(signFlipP([1, 1, 1, 1, 1, 1], 1), 2 / 64);
  assert.equal(signFlipP([1, -1], 1), 1);
  assert.equal(signFlipP([], 1), 1);
});

test('sampled sign flips agree with exact ones', () => {
  const values = Array.from({ length: 16 }, (_, index) => normal(1, 0, index) + 0.4);
  const exact = signFlipP(values, 1);
  const sampled = signFlipP([...values, 0], 1);
  near(sampled, exact, 0.01);
});

test('Holm multiplies the smallest p by the family and never falls behind', () => {
  assert.deepEqual(holmAdjust([0.01, 0.04, 0.03]), [0.03, 0.06, 0.06]);
  assert.deepEqual(holmAdjust([0.6, 0.7]), [1, 1]);
});

test('the fewest rounds grow with the family', () => {
  assert.deepEqual([1, 2, 3, 4, 6, 7, 12].map(roundsMin), [6, 7, 7, 8, 8, 9, 9]);
});

test('verdicts say the first word that applies', () => {
  const effect = (low: number, high: number) => ({
    rounds: 7,
    mean: (low + high) / 2,
    sd: 0.1,
    interval95: [low, high] as const,
    interval90: [low * 0.9 + high * 0.1, high * 0.9 + low * 0.1] as const,
    interval99: null,
  });
  assert.equal(judge(effect(-0.5, -0.2), 0.05, 0.01), 'better');
  assert.equal(judge(effect(0.2, 0.5), 0.05, 0.01), 'worse');
  assert.equal(judge(effect(-0.02, 0.02), 0.05, 0.9), 'equivalent');
  assert.equal(judge(effect(-0.09, -0.01), 0.05, 0.03), 'slightly better');
  assert.equal(judge(effect(0.01, 0.09), 0.05, 0.03), 'slightly worse');
  assert.equal(judge(effect(-0.2, 0.2), 0.05, 0.9), 'inconclusive');
  assert.equal(judge(effect(-0.5, -0.2), 0.05, 0.06), 'inconclusive');
  assert.equal(judge(pairedEffect([1]), 0.05, 0), 'inconclusive');
});

test('a tail must change by a millisecond too', () => {
  near(latencyMargin('p99', 2), Math.log(1.5), 1e-12);
  near(latencyMargin('p99', 100), Math.log(1.1), 1e-12);
});

test('rounds needed agree with worked values', () => {
  assert.equal(roundsNeeded(0.1, Math.log(1.1)), 11);
  assert.equal(roundsNeeded(0.2, Math.log(1.2)), 12);
});

test('without a difference, a difference is called in about one experiment of twenty', () => {
  let called = 0;
  const experiments = 1_000;
  for (let seed = 1; seed <= experiments; seed += 1) {
    const values = Array.from({ length: 7 }, (_, index) => 0.1 * normal(seed, 1, index));
    const verdict = judge(pairedEffect(values), 0, signFlipP(values, seed));
    if (verdict !== 'inconclusive' && verdict !== 'equivalent') called += 1;
  }
  assert.ok(called / experiments < 0.07, `${called} of ${experiments}`);
  assert.ok(called > 0);
});

test('a large difference is called nearly always', () => {
  let called = 0;
  for (let seed = 1; seed <= 200; seed += 1) {
    const values = Array.from({ length: 7 }, (_, index) => -0.5 + 0.1 * normal(seed, 2, index));
    if (judge(pairedEffect(values), Math.log(1.05), signFlipP(values, seed)) === 'better') called += 1;
  }
  assert.ok(called >= 195, `${called} of 200`);
});

test('histograms keep quantiles to a thousandth, and merge', () => {
  const low = createHistogram();
  const high = createHistogram();
  for (let us = 1; us <= 1000; us += 1) recordUs(us <= 500 ? low : high, us * 10);
  const merged = mergeHistograms([low, high]);
  assert.equal(merged.totalCount, 1000);
  near(quantileMs(merged, 0.5) ?? 0, 5, 0.01);
  near(quantileMs(merged, 0.99) ?? 0, 9.9, 0.02);
  assert.equal(quantileMs(createHistogram(), 0.5), null);
  assert.equal(quantileMs(null, 0.5), null);
});

test('a tail is shown only with enough requests beyond it', () => {
  assert.equal(isQuantileKnown(10_000, 0.99, 100), true);
  assert.equal(isQuantileKnown(9_999, 0.99, 100), false);
  assert.equal(requestsMissing(4_200, 0.99), 5_800);
  assert.equal(requestsMissing(20_000, 0.99), 0);
});
