import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RunSettings } from '../../loadtests/workloads/run-settings.ts';
import { samplesOf } from '../../tests/support/fake-samples.ts';
import { createDriverMetrics } from './driver-metrics.ts';

/** The samples of these families, without their comments. */
const exposed = async (
  { registry }: ReturnType<typeof createDriverMetrics>,
  ...families: readonly string[]
) =>
  (await registry.metrics())
    .split('\n')
    .filter((line) => families.some((family) => line.startsWith(`${family}{`)))
    .sort();

test('what a witness may see is exposed as 0 with its first check: no rate sees the value with which a series is born', async () => {
  const driver = createDriverMetrics();
  driver.observeCheck('a', {
    reader: 'other',
    horizon: '0ms',
    outcome: 'consistent',
    versionsBehind: 0,
    visibleAfterSeconds: 0.01,
  });
  const lines = await exposed(driver, 'cache_consistency_checks_total');
  assert.equal(lines.length, 4 * 4);
  const of = 'candidate="a",reader="other"';
  for (const outcome of ['consistent', 'stale', 'missing', 'failed'])
    assert.ok(
      lines.includes(`cache_consistency_checks_total{${of},horizon="5s",outcome="${outcome}"} 0`),
      outcome,
    );
  assert.ok(
    lines.includes(`cache_consistency_checks_total{${of},horizon="0ms",outcome="consistent"} 1`),
    lines.join('\n'),
  );
});

const settings: RunSettings = {
  seed: 1,
  people: 60,
  photos: 300,
  followers: 'heavy',
  mix: 'social-default',
  worlds: [['http://127.0.0.1:1'], ['http://127.0.0.1:2']],
  passes: [{ pass: 0, first: 0, requests: 20, pauseRequests: 0 }],
  ratePerSecond: 100,
  arrivals: 'even',
};
const facts = { scenario: 'feed-browsing', candidates: ['a', 'b'], seed: 1, telemetry: 'metrics' } as const;

test('load of all worlds together is exposed by candidate', async () => {
  const driver = createDriverMetrics();
  const originMs = 1_700_000_000_000;
  const meter = driver.meterLoad(facts, () => originMs + 60_000);
  meter.begin(settings);
  const rows = samplesOf({
    settings,
    originUs: originMs * 1000,
    met: ({ world, request }) => ({ isExpected: world === 0 || request > 0 }),
  });
  for (const row of rows) meter.add(row);
  meter.add({
    metric: 'dropped_iterations',
    timestampUs: 0,
    value: 4,
    index: null,
    operation: null,
    isExpected: false,
    status: 0,
    errorCode: 0,
    attempt: 1,
  });
  const of = (candidate: string) => `scenario="feed-browsing",candidate="${candidate}"`;
  const families = ['load_requests_offered_total', 'load_requests_total', 'load_requests_dropped_total'];
  assert.deepEqual(
    await exposed(driver, ...families, 'load_response_duration_seconds_count'),
    [
      `load_requests_dropped_total{${of('a')}} 2`,
      `load_requests_dropped_total{${of('b')}} 2`,
      `load_requests_offered_total{${of('a')}} 20`,
      `load_requests_offered_total{${of('b')}} 20`,
      `load_requests_total{${of('a')},outcome="failed"} 0`,
      `load_requests_total{${of('a')},outcome="ok"} 20`,
      `load_requests_total{${of('b')},outcome="failed"} 1`,
      `load_requests_total{${of('b')},outcome="ok"} 19`,
      `load_response_duration_seconds_count{${of('a')}} 20`,
      `load_response_duration_seconds_count{${of('b')}} 20`,
    ].sort(),
  );
});

test('loads that are metered apart are exposed side by side', async () => {
  const driver = createDriverMetrics();
  for (const candidate of ['a', 'b']) driver.meterLoad({ ...facts, candidates: [candidate] }, () => 0);
  assert.equal((await exposed(driver, 'load_run_info')).length, 2);
  assert.equal((await exposed(driver, 'load_requests_offered_total')).length, 2);
});

test('a figure of the last block is exposed by its name, and not at all where the block does not have it', async () => {
  const driver = createDriverMetrics();
  const told = async () => exposed(driver, 'experiment_figure_value');
  driver.showFigures('a', { p50: 1.5, hitRatio: 0 });
  driver.showFigures('b', { p50: 2, hitRatio: null });
  assert.deepEqual(await told(), [
    'experiment_figure_value{candidate="a",figure="hitRatio"} 0',
    'experiment_figure_value{candidate="a",figure="p50"} 1.5',
    'experiment_figure_value{candidate="b",figure="p50"} 2',
  ]);
  driver.showFigures('a', { p50: null, hitRatio: 0.5 });
  assert.deepEqual(await told(), [
    'experiment_figure_value{candidate="a",figure="hitRatio"} 0.5',
    'experiment_figure_value{candidate="b",figure="p50"} 2',
  ]);
});

test('together every candidate has a block that runs, in turns one has, and in the end none', async () => {
  const driver = createDriverMetrics();
  const blocks = async (running: Parameters<typeof driver.showBlocks>[0]) => {
    driver.showBlocks(running);
    return exposed(driver, 'experiment_block_info');
  };
  const block = (candidate: string, round: number, slot: number) => ({ candidate, round, slot });
  assert.deepEqual(await blocks([block('a', 3, 0), block('b', 3, 0)]), [
    'experiment_block_info{candidate="a",round="3",slot="0"} 1',
    'experiment_block_info{candidate="b",round="3",slot="0"} 1',
  ]);
  assert.deepEqual(await blocks([block('b', 4, 2)]), [
    'experiment_block_info{candidate="b",round="4",slot="2"} 1',
  ]);
  assert.deepEqual(await blocks([]), []);
});
