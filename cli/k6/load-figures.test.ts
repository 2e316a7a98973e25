import assert from 'node:assert/strict';
import { test } from 'node:test';
import { singlePass } from '../../loadtests/workloads/run-settings.ts';
import type { RunSettings } from '../../loadtests/workloads/run-settings.ts';
import { samplesOf } from '../../tests/support/fake-samples.ts';
import type { FakeRun } from '../../tests/support/fake-samples.ts';
import { createLoadTally } from './load-figures.ts';
import { createTimings } from './pass-timings.ts';

const settings: RunSettings = {
  seed: 1,
  people: 20,
  photos: 20,
  followers: 'heavy',
  mix: 'social-default',
  worlds: [['http://127.0.0.1:1', 'http://127.0.0.1:2']],
  passes: singlePass(0, 100, { settleSeconds: 1, measureSeconds: 20 }),
  ratePerSecond: 100,
  arrivals: 'poisson',
};

const figuresOf = (run: Partial<FakeRun>) => {
  const tally = createLoadTally(settings);
  const timings = createTimings(settings);
  for (const row of samplesOf({ settings, originUs: 1.7e15, ...run })) {
    tally.add(row);
    timings.add(row);
  }
  return { figures: tally.figures(null), world: timings.finish(1).worlds[0] };
};

test('a load is counted as a block is, without keeping its requests', () => {
  const { figures, world } = figuresOf({
    met: ({ request }) => ({ tookUs: 1_000 + request * 10, isExpected: request % 50 !== 0 }),
  });
  assert.deepEqual([figures.offered, figures.requests, figures.errors], [2_000, 2_000, 40]);
  assert.deepEqual([world?.requests, world?.errors], [2_000, 40]);
  for (const quantile of [10, 50, 99, 100])
    assert.equal(
      figures.responseTimeUs.getValueAtPercentile(quantile),
      world?.responseTimeUs.getValueAtPercentile(quantile),
    );
  assert.equal(figures.measured?.toMs, world?.measured?.toMs);
  assert.equal(figures.driverFailure, null);
});

test('dropped arrivals are told, and requests without a sample make a load that cannot count', () => {
  assert.equal(figuresOf({ isDropped: (place) => place < 7 }).figures.dropped, 7);
  const { figures } = figuresOf({ met: ({ request }) => ({ isLost: request >= 2_000 }) });
  assert.equal(figures.driverFailure, "100 of 2100 requests are missing in k6's samples");
});
