import assert from 'node:assert/strict';
import { test } from 'node:test';
import { randomAt } from '../../loadtests/workloads/counter-random.ts';
import { halfWidthOf, pairedEffect, toPct } from './paired-effect.ts';
import type { ProcessSpread } from './process-spread.ts';
import { tQuantile, twoSidedP } from './student-t.ts';
import { judge } from './verdict.ts';

const near = (actual: number | null | undefined, expected: number, tolerance: number) =>
  assert.ok(
    Math.abs((actual ?? Number.NaN) - expected) <= tolerance,
    `${actual} is not ${expected} ± ${tolerance}`,
  );

const none: ProcessSpread = { sd: 0, df: Infinity, parts: 1 };
const usual: ProcessSpread = { sd: 0.012, df: 15, parts: 1 };

/** A standard normal number by the sum of twelve uniform ones. */
const normal = (seed: number, stream: number, index: number): number => {
  let sum = -6;
  for (let draw = 0; draw < 12; draw += 1) sum += randomAt(seed, stream, 77, index, draw);
  return sum;
};

const halfOf = (interval: readonly [number, number] | null) =>
  interval === null ? null : (interval[1] - interval[0]) / 2;

test('quantiles and p of t agree with closed forms', () => {
  // One degree of freedom is Cauchy's distribution, two have the quantile (2p − 1) / √(2p(1 − p)).
  near(tQuantile(0.975, 1), Math.tan(Math.PI * 0.475), 1e-4);
  near(tQuantile(0.95, 2), 0.9 / Math.sqrt(2 * 0.95 * 0.05), 1e-6);
  near(twoSidedP(3, 1), 1 - (2 * Math.atan(3)) / Math.PI, 1e-7);
  near(twoSidedP(3, 2), 1 - 3 / Math.sqrt(11), 1e-7);
  assert.equal(twoSidedP(0, 5), 1);
  // Table of the normal distribution, which t becomes.
  near(twoSidedP(1.959964, 1e6), 0.05, 1e-5);
});

test('p of a t is the chance that its quantile says, also for degrees that are not whole and far out', () => {
  for (const freedom of [2, 4.5, 17.3, 60]) {
    for (const p of [0.5, 0.1, 0.05, 0.001, 1e-9]) {
      near(twoSidedP(tQuantile(1 - p / 2, freedom), freedom) / p, 1, 1e-5);
    }
  }
  assert.ok(twoSidedP(40, 20) > 0 && twoSidedP(40, 20) < 1e-19);
});

test('a t interval agrees with a worked example', () => {
  // n = 5, mean 3, sd 1.5811; t(0.975, 4) = 2.7764, t(0.95, 4) = 2.1318, t(0.995, 4) = 4.6041 (tables).
  const effect = pairedEffect([1, 2, 3, 4, 5], none);
  near(effect.mean, 3, 1e-12);
  near(effect.sd, Math.sqrt(2.5), 1e-12);
  assert.equal(effect.df, 4);
  near(effect.interval95?.[0], 3 - (2.7764 * Math.sqrt(2.5)) / Math.sqrt(5), 1e-3);
  near(effect.interval90?.[1], 3 + (2.1318 * Math.sqrt(2.5)) / Math.sqrt(5), 1e-3);
  near(effect.interval99?.[1], 3 + (4.6041 * Math.sqrt(2.5)) / Math.sqrt(5), 1e-3);
  near(effect.p, 0.0132356, 1e-6);
});

test('what processes differ by widens the interval, as in examples computed by integrating the density', () => {
  const cached = [-0.31, -0.28, -0.35, -0.3, -0.33, -0.27, -0.32];
  const once = pairedEffect(cached, usual);
  near(once.mean, -0.3085714, 1e-6);
  near(once.df, 20.99565, 1e-4);
  near(halfOf(once.interval90), 0.0343965, 1e-6);
  near(halfOf(once.interval95), 0.0415702, 1e-6);
  near(halfOf(once.interval99), 0.0565975, 1e-6);
  near((once.p ?? 0) / 6.19825e-13, 1, 1e-4);

  const thrice = pairedEffect(cached, { ...usual, parts: 3 });
  near(thrice.df, 16.0229, 1e-4);
  near(halfOf(thrice.interval95), 0.0305381, 1e-6);

  const same = pairedEffect([0.01, -0.02, 0.015, 0.03, -0.005, 0.02, 0], usual);
  near(same.df, 18.58244, 1e-4);
  near(same.p, 0.69791, 1e-4);
});

test('rounds that all agree leave what processes differ by, with its degrees of freedom', () => {
  const effect = pairedEffect([0.25, 0.25, 0.25, 0.25], usual);
  assert.equal(effect.df, 15);
  // t(0.975, 15) = 2.1314 (table) × √2 × 0.012.
  near(halfOf(effect.interval95), 0.036172, 1e-6);
});

test('without any spread the interval is the point, and the margin decides', () => {
  const same = pairedEffect([0, 0, 0], none);
  assert.deepEqual([same.p, same.interval95], [1, [0, 0]]);
  assert.equal(judge(same, 0.05, 1), 'equivalent');
  const less = pairedEffect([-0.5, -0.5], none);
  assert.deepEqual([less.p, less.interval99], [0, [-0.5, -0.5]]);
  assert.equal(judge(less, 0.05, 0), 'better');
  assert.equal(judge(pairedEffect([0.01, 0.01], none), 0.05, 0), 'equivalent');
});

test('one round has a mean and no interval, and none has not even that', () => {
  const effect = pairedEffect([0.5], usual);
  assert.equal(effect.mean, 0.5);
  assert.deepEqual([effect.interval95, effect.p, effect.df], [null, null, null]);
  assert.equal(judge(effect, 0.05, 0), 'inconclusive');
  assert.equal(pairedEffect([], usual).interval95, null);
  assert.equal(halfWidthOf(1, 0, usual), null);
});

test('p falls below 5 % exactly where the 95 % interval leaves zero out', () => {
  for (let seed = 1; seed <= 300; seed += 1) {
    const rounds = 2 + (seed % 12);
    const process = {
      sd: seed % 3 === 0 ? 0 : 0.01 * (seed % 5),
      df: 3 + (seed % 20),
      parts: 1 + (seed % 4),
    };
    const values = Array.from({ length: rounds }, (_, index) => 0.05 + 0.1 * normal(seed, 3, index));
    const { p, interval95, interval90, interval99, df, mean } = pairedEffect(values, process);
    const [low, high] = interval95 as readonly [number, number];
    assert.equal((p as number) < 0.05, low > 0 || high < 0, `seed ${seed}: p ${p}, [${low}, ${high}]`);
    near((low + high) / 2, mean, 1e-12);
    assert.ok((halfOf(interval90) ?? 9) < (halfOf(interval95) ?? 0), `seed ${seed}`);
    assert.ok((halfOf(interval95) ?? 9) < (halfOf(interval99) ?? 0), `seed ${seed}`);
    near(halfWidthOf(rounds, pairedEffect(values, process).sd, process), halfOf(interval95) ?? 0, 1e-12);
    // Welch and Satterthwaite stay between the smaller one of the two and their sum.
    if (process.sd === 0) assert.equal(df, rounds - 1);
    else {
      assert.ok((df as number) >= Math.min(rounds - 1, process.df) - 1e-9, `seed ${seed}: df ${df}`);
      assert.ok((df as number) <= rounds - 1 + process.df + 1e-9, `seed ${seed}: df ${df}`);
    }
  }
});

test('turning the sign of the differences turns the effect and keeps p', () => {
  const values = [0.1, 0.3, -0.05, 0.2];
  const [one, other] = [
    pairedEffect(values, usual),
    pairedEffect(
      values.map((value) => -value),
      usual,
    ),
  ];
  near(one.p, other.p ?? 0, 1e-12);
  near(one.interval95?.[0], -(other.interval95?.[1] ?? 0), 1e-12);
});

test('a log ratio is a change in percent', () => near(toPct(Math.log(0.5)), -50, 1e-9));

/** An experiment on worlds that differ from start to start, whose spread was estimated from sixteen other starts. */
function simulate(seed: number, effect: number, { rounds, sd, processSd, parts }: Record<string, number>) {
  const spread = processSd as number;
  const starts = Array.from({ length: 16 }, (_, index) => spread * normal(seed, 1, index));
  const mean = starts.reduce((sum, value) => sum + value, 0) / starts.length;
  const variance = starts.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (starts.length - 1);
  const ofPart = Array.from(
    { length: parts as number },
    (_, part) => spread * (normal(seed, 4, part) - normal(seed, 5, part)),
  );
  const differences = Array.from(
    { length: rounds as number },
    (_, round) =>
      effect + (ofPart[round % ofPart.length] as number) + (sd as number) * normal(seed, 6, round),
  );
  return pairedEffect(differences, { sd: Math.sqrt(variance), df: 15, parts: parts as number });
}

for (const world of [
  { rounds: 7, sd: 0.03, processSd: 0.012, parts: 1 },
  { rounds: 7, sd: 0.1, processSd: 0.012, parts: 1 },
  { rounds: 15, sd: 0.01, processSd: 0.012, parts: 3 },
  { rounds: 20, sd: 0.02, processSd: 0.04, parts: 1 },
  { rounds: 7, sd: 0.1, processSd: 0, parts: 1 },
]) {
  test(`without a difference one is called in about one experiment of twenty: ${JSON.stringify(world)}`, () => {
    const experiments = 1_500;
    let called = 0;
    for (let seed = 1; seed <= experiments; seed += 1)
      if ((simulate(seed, 0, world).p ?? 1) <= 0.05) called += 1;
    // Three parts are counted twice in part, by the rounds and by the processes: that is on the safe side.
    const least = world.parts > 1 ? 0.003 : 0.025;
    assert.ok(called / experiments < 0.065, `${called} of ${experiments}`);
    assert.ok(called / experiments > least, `${called} of ${experiments}`);
  });
}

test('without the process term the same worlds would be called different much too often', () => {
  let called = 0;
  for (let seed = 1; seed <= 300; seed += 1) {
    const shared = 0.012 * (normal(seed, 4, 0) - normal(seed, 5, 0));
    const values = Array.from({ length: 9 }, (_, round) => shared + 0.01 * normal(seed, 6, round));
    if ((pairedEffect(values, none).p ?? 1) <= 0.05) called += 1;
  }
  assert.ok(called > 150, `${called} of 300`);
});

test('a large difference is called nearly always', () => {
  let called = 0;
  for (let seed = 1; seed <= 200; seed += 1) {
    const effect = simulate(seed, -0.3, { rounds: 7, sd: 0.06, processSd: 0.012, parts: 1 });
    if (judge(effect, Math.log(1.05), effect.p ?? 1) === 'better') called += 1;
  }
  assert.ok(called >= 195, `${called} of 200`);
});
