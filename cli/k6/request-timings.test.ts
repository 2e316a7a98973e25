import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plannedStartMs } from '../../loadtests/workloads/arrivals.ts';
import type { RunSettings } from '../../loadtests/workloads/run-settings.ts';
import { quantileMs } from '../statistics/histograms.ts';
import { createTimings } from './request-timings.ts';
import { createRowReader } from './sample-rows.ts';
import type { SampleRow } from './sample-rows.ts';

const settings: RunSettings = {
  seed: 1,
  people: 10,
  photos: 10,
  mix: 'social-default',
  targets: ['http://127.0.0.1:1'],
  pass: 2,
  ratePerSecond: 100,
  arrivals: 'poisson',
  settleSeconds: 1,
  measureSeconds: 2,
};

/** The samples of a run whose schedule begins at `originUs` and whose request `index` starts late and takes as told. */
function runOf(
  originUs: number,
  count: number,
  lateUs: (index: number) => number,
  tookUs: (index: number) => number,
) {
  const timings = createTimings(settings);
  for (let index = 0; index < count; index += 1) {
    const startUs = originUs + plannedStartMs('poisson', 1, 2, index, 100) * 1000 + lateUs(index);
    const row = (metric: string, value: number): SampleRow => ({
      metric,
      timestampUs: Math.round(startUs + tookUs(index)),
      value,
      index,
      isExpected: index !== 250,
    });
    timings.add(row('http_req_blocked', 0));
    timings.add(row('http_req_duration', tookUs(index) / 1000));
  }
  return timings.finish();
}

test('response time counts from the intended start, to a fraction of a millisecond', () => {
  const run = runOf(
    1_700_000_000_123_456,
    300,
    (index) => (index % 3 === 0 ? 0 : 4_000),
    () => 2_000,
  );
  assert.equal(run.started, 200);
  assert.equal(run.errors, 1);
  assert.ok(Math.abs((quantileMs(run.responseTimeUs, 0.2) ?? 0) - 2) < 0.01);
  assert.ok(Math.abs((quantileMs(run.responseTimeUs, 0.9) ?? 0) - 6) < 0.02);
  assert.ok(Math.abs((quantileMs(run.serviceTimeUs, 0.9) ?? 0) - 2) < 0.01);
  assert.ok(Math.abs((run.schedulingLagMs ?? 0) - 4) < 0.02);
});

test('the measured part begins with the first intended start of what is measured, and ends with its last answer', () => {
  const run = runOf(
    5_000_000,
    300,
    (index) => (index % 3 === 0 ? 0 : 4_000),
    () => 2_000,
  );
  const planned = Array.from({ length: 200 }, (_, index) =>
    plannedStartMs('poisson', 1, 2, 100 + index, 100),
  );
  assert.ok(Math.abs((run.measured?.fromMs ?? 0) - (5_000 + Math.min(...planned))) < 0.01);
  const lastMs = 5_000 + Math.max(...planned);
  assert.ok((run.measured?.toMs ?? 0) > lastMs, 'the last one was answered after it was to start');
  assert.ok((run.measured?.toMs ?? Infinity) < lastMs + 7);
  assert.equal(createTimings(settings).finish().measured, null);
});

test('a stall shows in response time, not in service time', () => {
  const stalled = (index: number) => (index >= 200 && index < 250 ? (250 - index) * 10_000 : 0);
  const run = runOf(5_000_000, 300, stalled, () => 1_000);
  assert.ok((quantileMs(run.responseTimeUs, 0.95) ?? 0) > 300);
  assert.ok((quantileMs(run.serviceTimeUs, 0.95) ?? 9) < 1.1);
});

test('seconds are told one by one, and the busiest moment is counted', () => {
  const run = runOf(
    5_000_000,
    300,
    () => 0,
    () => 100_000,
  );
  assert.deepEqual(
    run.seconds.map(({ requests }) => requests),
    [100, 100, 100],
  );
  assert.ok((run.peakBusyVus ?? 0) >= 10, String(run.peakBusyVus));
});

test('without samples nothing is known', () => {
  const run = createTimings(settings).finish();
  assert.equal(run.started, 0);
  assert.equal(run.schedulingLagMs, null);
  assert.equal(run.peakBusyVus, null);
});

test('dropped arrivals are counted from their own metric', () => {
  const timings = createTimings(settings);
  timings.add({ metric: 'dropped_iterations', timestampUs: 1, value: 3, index: null, isExpected: false });
  assert.equal(timings.finish().droppedInRun, 3);
});

test('rows are read by the names of their columns, in whatever pieces they come', () => {
  const rows: SampleRow[] = [];
  const reader = createRowReader((row) => rows.push(row));
  const text =
    'metric_name,timestamp,metric_value,error_code,expected_response,name,scenario,status,extra_tags,metadata\n' +
    'http_req_duration,1795444562168372,3.883999,,true,/photos/:photoId,load,200,phase=run,i=17\n' +
    'vus,1795444562168372,3,,,,,,,\n';
  for (const character of text) reader.push(character);
  reader.end();
  assert.deepEqual(rows, [
    {
      metric: 'http_req_duration',
      timestampUs: 1795444562168372,
      value: 3.883999,
      index: 17,
      isExpected: true,
    },
    { metric: 'vus', timestampUs: 1795444562168372, value: 3, index: null, isExpected: false },
  ]);
});

test('an unknown format of k6 is an error, not a run without samples', () => {
  assert.throws(() => createRowReader(() => {}).push('a,b,c\n1,2,3\n'), /unknown columns/);
});
