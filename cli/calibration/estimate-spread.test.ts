import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { madeUpComparison, madeUpIdentical, madeUpLog } from '../../tests/support/made-up-calibration.ts';
import { estimateSpread, worldRoundsOf } from './estimate-spread.ts';
import type { WorldRounds } from './estimate-spread.ts';

/** Simulated experiments of four identical worlds. */
const simulated = (count: number, roundSd: number, processSd: number, first = 0): WorldRounds[] =>
  Array.from({ length: count }, (_, index) =>
    worldRoundsOf(madeUpIdentical(first + index, { roundSd, processSd, half: 'odd' }).log, 'request'),
  );

describe('what worlds differ by from start to start', () => {
  it('agrees with a worked example', () => {
    // Means 1 and 3, each round alike: nothing but the worlds differs. Variance of the means: 2.
    const estimate = estimateSpread([
      [
        [0, 1, 2],
        [2, 3, 4],
      ],
    ]);
    assert.ok(Math.abs((estimate?.sd ?? 0) - Math.SQRT2) < 1e-12);
    assert.equal(estimate?.ofRounds, 0);
    assert.ok(Math.abs((estimate?.df ?? 0) - 1) < 1e-12);
  });

  it('is found again in simulated experiments, net of what rounds differ by', () => {
    for (const [roundSd, processSd] of [
      [0.02, 0.012],
      [0.05, 0.012],
      [0.03, 0.03],
    ] as const) {
      const estimate = estimateSpread(simulated(400, roundSd, processSd));
      const ratio = (estimate?.sd ?? 0) / processSd;
      assert.ok(Math.abs(ratio - 1) < 0.1, `${ratio} of ${processSd} with rounds that differ by ${roundSd}`);
      // A world's own rounds differ by less than differences of two worlds do, and there are seven of them.
      const ofRounds = roundSd / Math.SQRT2 / Math.sqrt(7);
      assert.ok(Math.abs((estimate?.ofRounds ?? 0) / ofRounds - 1) < 0.1);
    }
  });

  it('is known the worse the more rounds differ, and the better the more starts there are', () => {
    const dfOf = (count: number, roundSd: number) =>
      estimateSpread(simulated(count, roundSd, 0.012))?.df ?? 0;
    assert.ok(dfOf(12, 0.001) > 35 && dfOf(12, 0.001) <= 36);
    assert.ok(dfOf(200, 0.05) < dfOf(200, 0.001) * 0.5);
    assert.ok(dfOf(200, 0.02) > dfOf(12, 0.02) * 5);
  });

  it('has degrees of freedom that say how much estimates vary', () => {
    const estimates = Array.from({ length: 300 }, (_, index) =>
      estimateSpread(simulated(12, 0.02, 0.012, index * 12)),
    );
    const variances = estimates.map((estimate) => (estimate?.sd ?? 0) ** 2);
    const mean = variances.reduce((sum, value) => sum + value, 0) / variances.length;
    const variance = variances.reduce((sum, value) => sum + (value - mean) ** 2, 0) / variances.length;
    const told = estimates.reduce((sum, estimate) => sum + (estimate?.df ?? 0), 0) / estimates.length;
    // A mean square of df degrees of freedom has the variance 2/df of its own square.
    const seen = (2 * mean ** 2) / variance;
    assert.ok(told > seen * 0.75 && told < seen * 1.35, `${told} told, ${seen} seen`);
  });

  it('is never taken for nothing', () => {
    const estimate = estimateSpread(simulated(3, 0.05, 0));
    assert.ok((estimate?.sd ?? 0) >= 0.002);
  });

  it('cannot be known without worlds or without rounds', () => {
    assert.equal(estimateSpread([]), null);
    assert.equal(estimateSpread([[[1], [2]]]), null);
    assert.equal(estimateSpread([[[1, 2, 3]]]), null);
    assert.equal(estimateSpread([[[], []]]), null);
  });
});

describe('the rounds of worlds', () => {
  it('are those in which all worlds have the figure', () => {
    const log = madeUpLog([
      madeUpComparison('b', 'request', { perRound: [0.1, null, 0.3] }),
      madeUpComparison('c', 'request', { perRound: [0.2, 0.5, 0.4] }),
      madeUpComparison('b', 'p50', { perRound: [9, 9, 9] }),
    ]);
    assert.deepEqual(worldRoundsOf(log, 'request'), [
      [0, 0],
      [0.1, 0.3],
      [0.2, 0.4],
    ]);
    assert.deepEqual(worldRoundsOf(log, 'p99'), [[]]);
  });
});
