import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { randomAt } from '../../loadtests/workloads/counter-random.ts';
import { estimateMedian, median, pairRounds } from './ratio-statistics.ts';

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

describe('the median', () => {
  it('is the middle, whatever the order, and the mean of the two middles of an even number', () => {
    assert.equal(median([9, 1, 5]), 5);
    assert.equal(median([4, 1, 3, 2]), 2.5);
    assert.equal(median([7]), 7);
    assert.ok(Number.isNaN(median([])));
  });
});

describe('the interval of a median', () => {
  it('is the smallest and the largest round up to eight, and drops one at each end from nine on', () => {
    assert.deepEqual(estimateMedian(upTo(8)), { median: 4.5, low: 1, high: 8, coverage: 1 - 2 / 2 ** 8 });
    const { low, high, coverage } = estimateMedian(upTo(9));
    assert.deepEqual([low, high], [2, 8]);
    assert.ok(Math.abs(coverage - (1 - 2 * (10 / 512))) < 1e-12);
  });

  it('says when rounds are too few for 95 %', () => {
    assert.equal(estimateMedian(upTo(5)).coverage, 1 - 2 / 2 ** 5);
    assert.equal(estimateMedian([3]).coverage, 0);
    assert.deepEqual([estimateMedian([3]).low, estimateMedian([3]).high], [3, 3]);
  });

  it('holds the true median as often as it claims, also when rounds are skewed', () => {
    const seed = 11;
    const experiments = 4_000;
    const rounds = 9;
    let held = 0;
    for (let experiment = 0; experiment < experiments; experiment += 1) {
      const values = upTo(rounds).map((round) => Math.exp(4 * randomAt(seed, experiment, 0, round)));
      const { low, high } = estimateMedian(values);
      if (low <= Math.exp(2) && Math.exp(2) <= high) held += 1;
    }
    const share = held / experiments;
    assert.ok(Math.abs(share - 0.961) < 0.012, `held in ${share}, seed ${seed}`);
  });
});

describe('pairing rounds', () => {
  const ratio = (value: number, other: number) => value / other;

  it('joins only what was measured in the same round', () => {
    assert.deepEqual(pairRounds([10, null, 30], [5, 5, null], ratio), [2]);
    assert.deepEqual(pairRounds([1, 2], [], ratio), []);
  });

  it('keeps a machine that slows down out of the ratio', () => {
    const slowdown = [1, 3, 2, 5, 1, 4, 2];
    const ratios = pairRounds(
      slowdown.map((factor) => 30 * factor),
      slowdown.map((factor) => 10 * factor),
      ratio,
    );
    assert.deepEqual(ratios, [3, 3, 3, 3, 3, 3, 3]);
  });
});
