import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { plannedStartMs } from '../../loadtests/workloads/arrivals.ts';
import type { RunSettings } from '../../loadtests/workloads/run-settings.ts';
import type { SampleRow } from '../k6/sample-rows.ts';
import { createLoadMeter } from './load-meter.ts';
import type { EndedRequest } from './load-meter.ts';

const settings: RunSettings = {
  seed: 1,
  people: 60,
  photos: 300,
  mix: 'social-default',
  targets: ['http://127.0.0.1:1'],
  pass: 0,
  ratePerSecond: 100,
  arrivals: 'poisson',
  settleSeconds: 0,
  measureSeconds: 2,
};
/** When k6 began, in milliseconds since 1970. */
const originMs = 1_700_000_000_000;
const plannedMs = (index: number): number => plannedStartMs('poisson', 1, 0, index, 100);

/** The two samples of a request that started this late and took this long. */
function rowsOf(index: number, lateMs: number, tookMs: number, isExpected = true): SampleRow[] {
  const endMs = originMs + plannedMs(index) + lateMs + tookMs;
  const row = { timestampUs: endMs * 1000, index, isExpected };
  return [
    { ...row, metric: 'http_req_blocked', value: 0 },
    { ...row, metric: 'http_req_duration', value: tookMs },
  ];
}

function createMeter() {
  const ended: EndedRequest[] = [];
  const clock = { nowMs: originMs };
  let dropped = 0;
  const meter = createLoadMeter({
    wallNow: () => clock.nowMs,
    onEnded: (request) => void ended.push(request),
    onDropped: (count) => void (dropped += count),
  });
  meter.begin(settings);
  return { meter, ended, clock, dropped: () => dropped };
}

describe('load that is metered while it runs', () => {
  it('counts response time from the intended start, not from when the request was sent', () => {
    const { meter, ended } = createMeter();
    for (const row of [...rowsOf(0, 0, 3), ...rowsOf(1, 40, 3)]) meter.add(row);
    const tookMs = ended.map(({ responseSeconds }) => Math.round(responseSeconds * 1000));
    assert.deepEqual(tookMs, [3, 43]);
  });

  it('takes the two samples of a request in either order, and says whether the answer was expected', () => {
    const { meter, ended } = createMeter();
    for (const row of rowsOf(0, 0, 3).toReversed()) meter.add(row);
    for (const row of rowsOf(1, 0, 3, false)) meter.add(row);
    assert.deepEqual(
      ended.map(({ isExpected }) => isExpected),
      [true, false],
    );
  });

  it('has offered what should have started by now, whether it did or not', () => {
    const { meter, clock } = createMeter();
    assert.equal(meter.offered(), 0);
    for (const row of rowsOf(0, 0, 1)) meter.add(row);
    clock.nowMs = originMs + 1_000;
    const offered = meter.offered();
    assert.ok(plannedMs(offered - 1) <= 1_000 && plannedMs(offered) > 1_000, String(offered));
    clock.nowMs = originMs + 60_000;
    assert.equal(meter.offered(), 200);
  });

  it('goes on counting in the next run', () => {
    const { meter, clock } = createMeter();
    for (const row of rowsOf(0, 0, 1)) meter.add(row);
    clock.nowMs = originMs + 60_000;
    meter.begin({ ...settings, pass: 1 });
    assert.equal(meter.offered(), 200);
  });

  it('counts what was dropped, and passes over samples of the run as a whole', () => {
    const { meter, ended, dropped } = createMeter();
    const row = { timestampUs: 0, index: null, isExpected: false };
    meter.add({ ...row, metric: 'dropped_iterations', value: 2 });
    meter.add({ ...row, metric: 'vus', value: 9 });
    assert.equal(dropped(), 2);
    assert.deepEqual(ended, []);
  });
});
