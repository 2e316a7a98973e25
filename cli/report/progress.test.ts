import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decideStop } from '../statistics/stopping-rule.ts';
import {
  inventBlock,
  inventFinding,
  inventPlan,
  inventTogether,
  usual,
} from '../../tests/support/invented-experiment.ts';
import { primarySoFar } from './primary-so-far.ts';
import { describeSpoiled, formatBlock, formatDuration, formatRound } from './progress.ts';

const plan = inventPlan('together');
const machine = { cpu: 'a', cores: 2 };

const soFar = (rounds: number, own: { precisionPct?: number } = {}) => {
  const { blocks, rounds: records } = inventTogether(usual, { rounds });
  return {
    comparisons: primarySoFar({ plan: { ...plan, ...own }, blocks, rounds: records, machine }),
    ...{ rounds, roundsFixed: null, partsLeft: 0, secondsUsed: 170, secondsPerRound: 12.5, secondsMax: 300 },
  };
};

test('in turns a line per block says where a run is and how long it takes', () => {
  const block = inventBlock('cache-aside', 3, 2, usual['cache-aside'] as (typeof usual)[string]);
  assert.match(
    formatBlock(block, 7, 130),
    /^round 3\/7 {2}cache-aside: p50 (1\.9|2\.0)\d ms, hit 90 %, 900 requests, 2 min 10 s left$/,
  );
  assert.equal(formatDuration(59.6), '1 min 0 s');
  const spoiled = { ...block, status: 'invalid' as const, findings: [inventFinding('machine')] };
  assert.equal(describeSpoiled([spoiled]), 'a-guard in 1 of its blocks; cache-aside: it went wrong');
});

const told = { baseline: 'no-cache', primary: 'request' };

test('together a line per round says the changes so far, what is wanted, and the time left', () => {
  const line = formatRound(decideStop(soFar(5)), told);
  assert.match(
    line,
    /^round 5 {2}no-cache→cache-aside -(49|50)\.\d % ±\d\.\d, versioned -(49|50)\.\d % ±\d\.\d; wanted ±19 %; at most 2 min 10 s left$/,
  );
});

test('the last line of an experiment promises no more rounds', () => {
  const state = decideStop(soFar(7));
  assert.deepEqual(state.decision, { stop: true, because: 'precision' });
  assert.doesNotMatch(formatRound(state, told), /left/);
});

test('with a fixed number of rounds it says how many, and nothing is wanted', () => {
  const state = decideStop({ ...soFar(2), roundsFixed: 9, secondsMax: null });
  assert.match(formatRound(state, told), /^round 2\/9 {2}no-cache→.*; at most 1 min 28 s left$/);
  assert.doesNotMatch(formatRound(state, told), /wanted/);
});

test('after the first round there is no interval yet, and before it no change', () => {
  assert.match(formatRound(decideStop(soFar(1)), told), /cache-aside -\d+\.\d %, versioned -/);
  assert.match(formatRound(decideStop(soFar(0)), told), /no-cache→cache-aside n\/a, versioned n\/a/);
});

test('of many candidates the widest are shown', () => {
  const { comparisons, ...rest } = soFar(5);
  const many = Array.from({ length: 6 }, (_, index) => ({
    ...(comparisons[0] as (typeof comparisons)[number]),
    candidate: `c${index}`,
    differences: [0, index / 10, 0, index / 10],
  }));
  const line = formatRound(decideStop({ ...rest, comparisons: many }), told);
  assert.match(line, /no-cache→c5 .*, c4 .*, c3 .*, 3 narrower;/);
});

test('what the rule is told is what the result will say', () => {
  const [aside] = soFar(9).comparisons;
  assert.equal(aside?.differences.length, 9);
  assert.deepEqual(aside?.process, { sd: 0.012, df: 15, parts: 1 });
  assert.ok(Math.abs((aside?.precision ?? 0) - Math.log(1.05)) < 1e-12);
  assert.ok(
    Math.abs((soFar(9, { precisionPct: 2 }).comparisons[0]?.precision ?? 0) - Math.log(1.02)) < 1e-12,
  );
});

test('a candidate that failed is not waited for', () => {
  const { blocks, rounds } = inventTogether(usual, {
    block: (block) =>
      block.candidate === 'versioned' ? { ...block, status: 'invalid', errors: 100 } : block,
  });
  const labels = primarySoFar({ plan, blocks, rounds, machine }).map(({ candidate }) => candidate);
  assert.deepEqual(labels, ['cache-aside']);
});
