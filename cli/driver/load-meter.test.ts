import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { RunSettings } from '../../loadtests/workloads/run-settings.ts';
import { createSchedule } from '../../loadtests/workloads/schedule.ts';
import { samplesOf } from '../../tests/support/fake-samples.ts';
import type { FakeRun } from '../../tests/support/fake-samples.ts';
import { createLoadMeter } from './load-meter.ts';
import type { EndedRequest } from './load-meter.ts';

const settings: RunSettings = {
  seed: 1,
  people: 60,
  photos: 300,
  followers: 'heavy',
  mix: 'social-default',
  worlds: [['http://127.0.0.1:1'], ['http://127.0.0.1:2']],
  passes: [
    { pass: 0, first: 0, requests: 100, pauseRequests: 50 },
    { pass: 1, first: 0, requests: 100, pauseRequests: 0 },
  ],
  ratePerSecond: 100,
  arrivals: 'poisson',
};
const single: RunSettings = { ...settings, worlds: settings.worlds.slice(0, 1) };
/** When k6 began, in milliseconds since 1970. */
const originMs = 1_700_000_000_000;
const rowsOf = (run: Partial<FakeRun> = {}) => samplesOf({ settings, originUs: originMs * 1000, ...run });

function createMeter() {
  const ended: EndedRequest[] = [];
  const clock = { nowMs: originMs };
  const dropped: Record<string, number> = { a: 0, b: 0 };
  const meter = createLoadMeter({
    candidates: ['a', 'b'],
    wallNow: () => clock.nowMs,
    onEnded: (request) => void ended.push(request),
    onDropped: (candidate, count) => void (dropped[candidate] = (dropped[candidate] ?? 0) + count),
  });
  meter.begin(settings);
  return { meter, ended, clock, dropped };
}

describe('load that is metered while it runs', () => {
  it('knows when its run began, from the first sample on', () => {
    const { meter } = createMeter();
    assert.equal(meter.beganAtMs(), null);
    for (const row of rowsOf()) meter.add(row);
    assert.ok(Math.abs((meter.beganAtMs() ?? 0) - originMs) < 1);
    meter.end();
    assert.equal(meter.beganAtMs(), null);
  });

  it('counts response time from sending, of each candidate its own', () => {
    const { meter, ended } = createMeter();
    const rows = rowsOf({ met: ({ world }) => ({ lateUs: 40_000, tookUs: 3_000 * (world + 1) }) });
    for (const row of rows) meter.add(row);
    assert.equal(ended.length, 400);
    for (const { candidate, responseSeconds } of ended)
      assert.equal(Math.round(responseSeconds * 1000), candidate === 'a' ? 3 : 6);
    assert.equal(ended.filter(({ candidate }) => candidate === 'b').length, 200);
  });

  it('says whether the answer was expected', () => {
    const { meter, ended } = createMeter();
    for (const row of rowsOf({
      met: ({ world, request }) => ({ isExpected: world === 0 || request % 4 > 0 }),
    }))
      meter.add(row);
    const failed = ended.filter(({ isExpected }) => !isExpected);
    assert.equal(failed.length, 50);
    assert.ok(failed.every(({ candidate }) => candidate === 'b'));
  });

  it('has offered each candidate what should have started by now, whether it did or not', () => {
    const { meter, clock } = createMeter();
    clock.nowMs = originMs + 60_000;
    assert.equal(meter.offered('a'), 0, 'nobody knows yet when it began');
    clock.nowMs = originMs;
    for (const row of rowsOf().slice(0, 40)) meter.add(row);
    for (const [afterMs, offered] of [
      [499.9, 50],
      // Then there is a pause.
      [999.9, 100],
      [1_499.9, 100],
      [1_999.9, 150],
      [60_000, 200],
    ] as const) {
      clock.nowMs = originMs + afterMs;
      for (const candidate of ['a', 'b'])
        assert.ok(
          Math.abs(meter.offered(candidate) - offered) <= 1,
          `${meter.offered(candidate)} after ${afterMs} ms`,
        );
    }
    assert.deepEqual([meter.offered('a'), meter.offered('b')], [200, 200]);
  });

  it('goes on counting in the next run, and lets go of what the last one had not offered', () => {
    const { meter, clock } = createMeter();
    for (const row of rowsOf()) meter.add(row);
    clock.nowMs = originMs + 60_000;
    meter.begin(settings);
    assert.equal(meter.offered('a'), 200);
    const laterUs = (originMs + 70_000) * 1000;
    for (const row of rowsOf({ originUs: laterUs }).slice(0, 40)) meter.add(row);
    clock.nowMs = originMs + 70_000 + 499.9;
    assert.ok(Math.abs(meter.offered('a') - 250) <= 1);
    meter.begin(settings);
    clock.nowMs = originMs + 1e6;
    assert.ok(Math.abs(meter.offered('a') - 250) <= 1, 'it was stopped then');
  });

  it('of a run against one candidate counts that one alone', () => {
    const { meter, ended, clock, dropped } = createMeter();
    meter.begin(single, ['b']);
    for (const row of rowsOf({ settings: single, isDropped: (place) => place === 30 })) meter.add(row);
    clock.nowMs = originMs + 60_000;
    assert.deepEqual([meter.offered('a'), meter.offered('b')], [0, 200]);
    assert.ok(ended.every(({ candidate }) => candidate === 'b'));
    assert.deepEqual(dropped, { a: 0, b: 1 });
  });

  it('in a closed loop has offered what was answered', () => {
    const { meter, clock } = createMeter();
    meter.begin({ ...settings, closedLoopUsers: 2 });
    clock.nowMs = originMs + 60_000;
    assert.equal(meter.offered('a'), 0);
    for (const row of rowsOf({ met: ({ request }) => ({ isLost: request >= 30 }) })) meter.add(row);
    assert.deepEqual([meter.offered('a'), meter.offered('b')], [60, 60]);
  });

  it('shares among the candidates what was dropped, since nobody knows whose it would have been', () => {
    const { meter, ended, dropped } = createMeter();
    const row = {
      timestampUs: 0,
      index: null,
      operation: null,
      isExpected: false,
      status: 0,
      errorCode: 0,
      attempt: 1,
    };
    meter.add({ ...row, metric: 'dropped_iterations', value: 3 });
    meter.add({ ...row, metric: 'vus', value: 9 });
    assert.deepEqual(dropped, { a: 1.5, b: 1.5 });
    assert.deepEqual(ended, []);
  });

  it('passes over requests that belong to no pass', () => {
    const { meter, ended } = createMeter();
    const { arrivalsOf } = createSchedule(settings);
    const row = {
      metric: 'http_req_duration',
      timestampUs: originMs * 1000,
      value: 1,
      operation: 'photoPage',
      isExpected: true,
      status: 200,
      errorCode: 0,
      attempt: 1,
    };
    meter.add({ ...row, index: arrivalsOf(0).to });
    meter.add({ ...row, index: null });
    assert.deepEqual(ended, []);
  });

  it('knows nothing before it begins', () => {
    const meter = createLoadMeter({
      candidates: ['a'],
      wallNow: () => originMs,
      onEnded: () => assert.fail(),
      onDropped: () => assert.fail(),
    });
    for (const row of rowsOf({ settings: single, isDropped: (place) => place === 3 })) meter.add(row);
    assert.equal(meter.offered('a'), 0);
  });
});
