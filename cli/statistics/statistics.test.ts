import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  createHistogram,
  isQuantileKnown,
  mergeHistograms,
  quantileMs,
  recordUs,
  requestsMissing,
} from './histograms.ts';
import { holmAdjust } from './holm.ts';
import { pairedEffect } from './paired-effect.ts';
import { processSpreadOf } from './process-spread.ts';
import { judge, roundsNeeded } from './verdict.ts';

const near = (actual: number, expected: number, tolerance: number) =>
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not ${expected} ± ${tolerance}`);

const counted = processSpreadOf('counted', { cpu: 'any', cores: 2 }, 1, []);

test('Holm multiplies the smallest p by the family and never falls behind', () => {
  assert.deepEqual(holmAdjust([0.01, 0.04, 0.03]), [0.03, 0.06, 0.06]);
  assert.deepEqual(holmAdjust([0.6, 0.7]), [1, 1]);
});

test('verdicts say the first word that applies', () => {
  const effect = (low: number, high: number) => ({
    rounds: 7,
    mean: (low + high) / 2,
    sd: 0.1,
    df: 6,
    p: 0.01,
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
  assert.equal(judge(pairedEffect([1], counted), 0.05, 0), 'inconclusive');
});

test('what is counted needs as many rounds as its spread asks for', () => {
  // (2.8 × 0.1 / ln 1.1)² = 8.63, (2.8 × 0.2 / ln 1.2)² = 9.43.
  assert.equal(roundsNeeded(0.1, counted, Math.log(1.1)), 9);
  assert.equal(roundsNeeded(0.2, counted, Math.log(1.2)), 10);
  assert.equal(roundsNeeded(0, counted, 0.01), 2);
});

test('rounds make up for a spread of processes until that alone is too wide', () => {
  const once = { sd: 0.012, df: 15, parts: 1 };
  // Room for the rounds: (ln 1.1 / 2.8)² − 2 × 0.012² = 0.000870657; 0.1² / 0.000870657 = 11.49.
  assert.equal(roundsNeeded(0.1, once, Math.log(1.1)), 12);
  assert.equal(roundsNeeded(0.1, once, Math.log(1.04)), 'more-starts');
  assert.equal(roundsNeeded(0.1, { ...once, parts: 3 }, Math.log(1.04)), 100);
});

test('the rounds needed are enough, and one fewer is not', () => {
  for (const [sd, processSd, parts, delta] of [
    [0.05, 0.012, 1, 0.0953],
    [0.2, 0.02, 3, 0.1],
    [0.01, 0, 1, 0.005],
  ] as const) {
    const rounds = roundsNeeded(sd, { sd: processSd, df: 15, parts }, delta) as number;
    const reach = (n: number) => 2.8 * Math.sqrt(sd ** 2 / n + (2 * processSd ** 2) / parts);
    assert.ok(reach(rounds) <= delta, `${rounds} rounds reach ${reach(rounds)}`);
    assert.ok(reach(rounds - 1) > delta, `${rounds - 1} rounds reach ${reach(rounds - 1)}`);
  }
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
