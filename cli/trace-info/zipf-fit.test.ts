import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isRanking, rankObjects } from './object-tally.ts';
import { fitZipf } from './zipf-fit.ts';
import type { ZipfFit } from './zipf-fit.ts';

/** xorshift32: the same reads in every run. */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

function drawReads(
  exponent: number,
  { objects, reads, seed }: { objects: number; reads: number; seed: number },
) {
  const sums: number[] = [];
  for (let rank = 1; rank <= objects; rank += 1) sums.push((sums.at(-1) ?? 0) + rank ** -exponent);
  const random = createRandom(seed);
  return Uint32Array.from({ length: reads }, () => {
    const target = random() * (sums.at(-1) ?? 1);
    let [low, high] = [0, objects - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((sums[middle] ?? 0) < target) low = middle + 1;
      else high = middle;
    }
    return low;
  });
}

const blocks = 10;

/** As a recording is fitted: one half of the reads ranks, the other counts. */
function fitReads(read: Uint32Array, countMin = 30): ZipfFit | null {
  const objects = read.reduce((most, object) => Math.max(most, object + 1), 0);
  const ranking = new Uint32Array(objects);
  for (const [place, object] of read.entries())
    if (isRanking(place)) ranking[object] = (ranking[object] ?? 0) + 1;
  const ranked = rankObjects(ranking, countMin, 65_536);
  const rankOf = new Map([...ranked].map((object, rank) => [object, rank]));
  const counts = new Uint32Array(ranked.length * blocks);
  for (const [place, object] of read.entries()) {
    const rank = rankOf.get(object);
    if (rank === undefined || isRanking(place)) continue;
    const index = rank * blocks + Math.floor((place / read.length) * blocks);
    counts[index] = (counts[index] ?? 0) + 1;
  }
  return fitZipf(counts, blocks);
}

describe('the fit of Zipf’s law', () => {
  test('finds the exponent that reads were drawn with, within three of its errors', () => {
    for (const [exponent, seed] of [
      [0.6, 11],
      [0.8, 12],
      [0.99, 13],
      [1.2, 14],
      [1.6, 15],
    ] as const) {
      const fit = fitReads(drawReads(exponent, { objects: 20_000, reads: 200_000, seed }));
      assert.ok(fit !== null);
      const said = `${exponent}: ${fit.exponent.toFixed(4)} ± ${fit.standardError.toFixed(4)}, ${fit.ranks} ranks`;
      assert.ok(Math.abs(fit.exponent - exponent) < 3 * fit.standardError + 0.005, said);
      assert.ok(fit.standardError < 0.05, said);
      assert.ok(fit.distance < 0.02, said);
    }
  });

  test('says that nothing is known of reads that are spread evenly, and 0 where there are enough of them', () => {
    assert.equal(fitReads(drawReads(0, { objects: 2_000, reads: 40_000, seed: 21 }), 40), null);
    const fit = fitReads(drawReads(0, { objects: 200, reads: 100_000, seed: 22 }));
    assert.ok(fit !== null && Math.abs(fit.exponent) < 0.03, JSON.stringify(fit));
  });

  test('says by its distance that reads do not follow the law', () => {
    // Half of the reads are for ten objects alike, the rest for two thousand alike.
    const random = createRandom(31);
    const read = Uint32Array.from({ length: 200_000 }, () =>
      random() < 0.5 ? Math.floor(random() * 10) : 10 + Math.floor(random() * 2_000),
    );
    const fit = fitReads(read);
    assert.ok(fit !== null && fit.distance > 0.05, JSON.stringify(fit));
  });

  test('has a larger error where the skew changes while it is recorded', () => {
    const calm = drawReads(1, { objects: 5_000, reads: 200_000, seed: 41 });
    // The same objects, and for a half of the time the crowd is after the first of them.
    const random = createRandom(42);
    const crowded = calm.map((object, place) => (place < 100_000 && random() < 0.5 ? object % 3 : object));
    const [one, other] = [fitReads(calm), fitReads(crowded)];
    assert.ok(one !== null && other !== null);
    assert.ok(other.standardError > 3 * one.standardError, `${one.standardError}, ${other.standardError}`);
  });

  test('has nothing to say of one object, or of none', () => {
    assert.equal(fitZipf(new Uint32Array(0), blocks), null);
    assert.equal(fitZipf(new Uint32Array(blocks).fill(5), blocks), null);
    assert.equal(fitZipf(new Uint32Array(blocks * 3), blocks), null);
  });
});
