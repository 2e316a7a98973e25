import assert from 'node:assert/strict';
import { test } from 'node:test';
import { drawsOf, randomAt, streams, uint32At } from './counter-random.ts';

type Arguments = [seed: number, pass: number, stream: number, index: number, draw: number];

test('gives the golden numbers: every engine must agree on them, and so must every later version', () => {
  const golden: { of: Arguments; is: number }[] = [
    { of: [0, 0, 0, 0, 0], is: 3_523_475_609 },
    { of: [1, 2, 3, 4, 5], is: 1_368_863_639 },
    { of: [0xffff_ffff, 7, 1, 1_000_000, 0], is: 1_716_309_403 },
    { of: [1, 0, 0, 2 ** 31, 0], is: 3_036_744_915 },
  ];
  for (const { of, is } of golden) assert.equal(uint32At(...of), is, of.join());
});

test('is a function of every argument', () => {
  const base: Arguments = [1, 2, 3, 4, 5];
  for (const position of base.keys()) {
    const changed = base.map((value, at) => (at === position ? value + 1 : value)) as Arguments;
    assert.notEqual(uint32At(...changed), uint32At(...base), `argument ${position}`);
  }
  assert.equal(drawsOf(1, 2, 3, 4)(5), randomAt(...base));
});

test('fills [0, 1) evenly', () => {
  const bins = new Array<number>(256).fill(0);
  const perBin = 1_000;
  for (let index = 0; index < bins.length * perBin; index += 1) {
    const u = randomAt(7, 3, streams.photo, index);
    assert.ok(u >= 0 && u < 1);
    const bin = Math.floor(u * bins.length);
    bins[bin] = (bins[bin] ?? 0) + 1;
  }
  const chiSquare = bins.reduce((sum, count) => sum + (count - perBin) ** 2 / perBin, 0);
  // 255 degrees of freedom: 99.99 % lie below 350, and too even a filling would be as suspicious.
  assert.ok(chiSquare > 170 && chiSquare < 350, `chi-square ${chiSquare}`);
});

test('has no correlation between neighbouring indices, passes, streams, draws and seeds', () => {
  const n = 100_000;
  const pairs = {
    index: (i: number) => [randomAt(1, 2, 3, i), randomAt(1, 2, 3, i + 1)],
    pass: (i: number) => [randomAt(1, 2, 3, i), randomAt(1, 3, 3, i)],
    stream: (i: number) => [randomAt(1, 2, 3, i), randomAt(1, 2, 4, i)],
    draw: (i: number) => [randomAt(1, 2, 3, i, 0), randomAt(1, 2, 3, i, 1)],
    seed: (i: number) => [randomAt(1, 2, 3, i), randomAt(2, 2, 3, i)],
  };
  for (const [name, pairAt] of Object.entries(pairs)) {
    let sum = 0;
    for (let i = 0; i < n; i += 1) {
      const [left, right] = pairAt(i) as [number, number];
      sum += (left - 0.5) * (right - 0.5);
    }
    // The coefficient's standard error is 1 / sqrt(n); four of them.
    assert.ok(Math.abs((12 * sum) / n) < 4 / Math.sqrt(n), `${name}: ${(12 * sum) / n}`);
  }
});

test('gives every use a stream of its own', () => {
  const numbers = Object.values(streams);
  assert.equal(new Set(numbers).size, numbers.length);
});
