import assert from 'node:assert/strict';
import { test } from 'node:test';
import { drawsOf } from './counter-random.ts';
import { createZipf } from './zipf.ts';

/** Ranks drawn with a seed of their own, as counts by rank (index 0: rank 1). */
function countRanks(n: number, alpha: number, samples: number): number[] {
  const zipf = createZipf(n, alpha);
  const counts = new Array<number>(n).fill(0);
  for (let index = 0; index < samples; index += 1) {
    const rank = zipf(drawsOf(11, 0, 50, index));
    counts[rank - 1] = (counts[rank - 1] ?? 0) + 1;
  }
  return counts;
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

test('matches the exact shares of 100,000 objects: top 1 %, top 10 %, the hottest', () => {
  // The oracle: an ideal static cache, printed in percent.
  const oracle = [
    { alpha: 0.6, top1: 15, top10: 39, hottest: 0.4 },
    { alpha: 0.8, top1: 34, top10: 60, hottest: 2.2 },
    { alpha: 0.9, top1: 47, top10: 71, hottest: 4.5 },
    { alpha: 0.99, top1: 60, top10: 80, hottest: 7.8 },
    { alpha: 1.2, top1: 85, top10: 94, hottest: 19.6 },
  ];
  const samples = 100_000;
  for (const { alpha, top1, top10, hottest } of oracle) {
    const counts = countRanks(100_000, alpha, samples);
    const check = (name: string, share: number, expectedPct: number, roundingPct: number) => {
      const spread = 4 * Math.sqrt((share * (1 - share)) / samples);
      const off = Math.abs(share - expectedPct / 100);
      assert.ok(
        off <= spread + roundingPct / 100,
        `alpha ${alpha}, ${name}: ${share} instead of ${expectedPct} %`,
      );
    };
    check('top 1 %', sum(counts.slice(0, 1_000)) / samples, top1, 0.5);
    check('top 10 %', sum(counts.slice(0, 10_000)) / samples, top10, 0.5);
    check('hottest', (counts[0] ?? 0) / samples, hottest, 0.05);
  }
});

test('fits the distribution rank by rank, also at 1 and on both sides of it', () => {
  const n = 40;
  const samples = 100_000;
  for (const alpha of [0, 0.5, 0.99, 1, 1.01, 2]) {
    const weights = Array.from({ length: n }, (_, index) => (index + 1) ** -alpha);
    const total = sum(weights);
    const counts = countRanks(n, alpha, samples);
    const chiSquare = sum(
      counts.map((count, index) => {
        const expected = (samples * (weights[index] as number)) / total;
        return (count - expected) ** 2 / expected;
      }),
    );
    // 39 degrees of freedom: 99.99 % lie below 83.
    assert.ok(chiSquare < 83, `alpha ${alpha}: chi-square ${chiSquare}`);
  }
});

test('works for one rank, and asks for few draws', () => {
  assert.equal(createZipf(1, 0.9)(drawsOf(1, 0, 0, 0)), 1);
  let draws = 0;
  const zipf = createZipf(20_000, 0.9);
  for (let index = 0; index < 10_000; index += 1) {
    const own = drawsOf(1, 0, 0, index);
    zipf((draw) => {
      draws += 1;
      return own(draw);
    });
  }
  assert.ok(draws < 11_500, `${draws} draws for 10,000 ranks`);
});

test('draws again under the same index when a draw is rejected', () => {
  const zipf = createZipf(20_000, 0.9);
  const asked: number[] = [];
  for (let index = 0; asked.length < 2; index += 1) {
    asked.length = 0;
    const own = drawsOf(1, 0, 0, index);
    zipf((draw) => {
      asked.push(draw);
      return own(draw);
    });
  }
  assert.deepEqual(asked.slice(0, 2), [0, 1]);
});
