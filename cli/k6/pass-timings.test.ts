import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { RunSettings } from '../../loadtests/workloads/run-settings.ts';
import type { Place } from '../../loadtests/workloads/schedule.ts';
import { samplesOf } from '../../tests/support/fake-samples.ts';
import type { FakeRun, Met } from '../../tests/support/fake-samples.ts';
import { quantileMs } from '../statistics/histograms.ts';
import { createTimings } from './pass-timings.ts';
import type { RawRequest } from './pass-timings.ts';

/** Two worlds of two replicas; half a second of pause after each pass. */
const settings: RunSettings = {
  seed: 1,
  people: 10,
  photos: 10,
  followers: 'heavy',
  mix: 'social-default',
  worlds: [
    ['http://127.0.0.1:1', 'http://127.0.0.1:2'],
    ['http://127.0.0.1:3', 'http://127.0.0.1:4'],
  ],
  passes: [
    { pass: 1, first: 0, requests: 100, pauseRequests: 70 },
    { pass: 2, first: 0, requests: 200, pauseRequests: 70 },
  ],
  ratePerSecond: 100,
  arrivals: 'poisson',
  spareArrivals: 100,
};
const single: RunSettings = { ...settings, worlds: settings.worlds.slice(0, 1) };
const originUs = 1_700_000_000_123_456;
const periodUs = 5_000;

/** The timings of such a run, and when each of its requests was really planned. */
function timingsOf(run: Partial<FakeRun> = {}) {
  const planned = new Map<string, number>();
  const { met = (): Met => ({}) } = run;
  const all = { settings, originUs, ...run };
  const timings = createTimings(all.settings);
  const nameOf = ({ pass, request, world }: Place) => `${pass} ${request} ${world}`;
  const rows = samplesOf({
    ...all,
    met: (place, plannedUs) => {
      planned.set(nameOf(place), plannedUs);
      return met(place, plannedUs);
    },
  });
  for (const row of rows) timings.add(row);
  return { timings, plannedUs: (place: Place) => planned.get(nameOf(place)) as number };
}

const isNear = (value: number | null | undefined, expected: number, within: number): void =>
  assert.ok(Math.abs((value ?? Number.NaN) - expected) <= within, `${value} is not about ${expected}`);
const everyThirdLate: FakeRun['met'] = ({ request }) => ({
  tookUs: 2_000,
  lateUs: request % 3 === 0 ? 0 : 4_000,
});

describe('response time', () => {
  it('counts from sending to the last byte; how late a request was sent is not in it', () => {
    const { worlds, latenessMs } = timingsOf({ met: everyThirdLate }).timings.finish(1);
    for (const { responseTimeUs, meanUs } of worlds) {
      isNear(quantileMs(responseTimeUs, 0.05), 2, 0.01);
      isNear(quantileMs(responseTimeUs, 0.99), 2, 0.01);
      isNear(meanUs, 2_000, 1);
    }
    isNear(latenessMs.p90, 4, 0.01);
    isNear(latenessMs.p50, 4, 0.01);
  });

  it('holds no opening of a connection', () => {
    const met: FakeRun['met'] = ({ request }) => ({
      openingUs: request % 2 === 0 ? 30_000 : 0,
      lateUs: 30_000,
    });
    const { worlds } = timingsOf({ met }).timings.finish(1);
    isNear(quantileMs(worlds[0]?.responseTimeUs ?? null, 0.99), 1, 0.01);
  });

  it('is told by operation, of those that a figure asks for', () => {
    const met: FakeRun['met'] = ({ request }) => ({
      operation: request % 4 === 0 ? 'getCount' : 'photoPage',
      tookUs: request % 4 === 0 ? 3_000 : 1_000,
    });
    for (const { operationTimesUs, requests } of timingsOf({ met }).timings.finish(1).worlds) {
      assert.deepEqual(Object.keys(operationTimesUs), ['getCount']);
      assert.equal(operationTimesUs['getCount']?.totalCount, requests / 4);
      isNear(quantileMs(operationTimesUs['getCount'] ?? null, 0.5), 3, 0.01);
    }
  });

  it('is told by world', () => {
    const met: FakeRun['met'] = ({ world }) => ({ tookUs: world === 0 ? 1_000 : 3_000 });
    const { worlds } = timingsOf({ met }).timings.finish(1);
    assert.deepEqual(
      worlds.map(({ meanUs, requests }) => [Math.round(meanUs ?? 0), requests]),
      [
        [1_000, 200],
        [3_000, 200],
      ],
    );
  });
});

describe('the origin of the schedule', () => {
  it('is learnt from requests that opened no connection', () => {
    // What k6 tells of one that opened its connection may lie before its planned time.
    const met: FakeRun['met'] = ({ request }) =>
      request % 5 === 0 ? { openingUs: 3_000, lateUs: -2_000 } : { lateUs: request % 5 === 1 ? 0 : 700 };
    const { timings } = timingsOf({ met });
    isNear(timings.finish(1).latenessMs.p99, 0.7, 0.01);
  });

  it('is that of the first ones where every request opened one', () => {
    const { timings } = timingsOf({ met: () => ({ openingUs: 500, lateUs: 600 }) });
    const { worlds } = timings.finish(1);
    assert.ok(Number.isFinite(worlds[0]?.measured?.fromMs), 'the measured part has a beginning');
  });

  it('is not known before the first sample: neither is when a pass ends', () => {
    const timings = createTimings(settings);
    assert.equal(timings.endOfPassMs(0), null);
  });
});

describe('a late generator', () => {
  it('shows in its lateness and in no response time', () => {
    const stalled: FakeRun['met'] = ({ pass, request }) => ({
      lateUs: pass === 2 && request >= 50 && request < 100 ? (100 - request) * 10_000 : 0,
    });
    const { timings } = timingsOf({ met: stalled });
    const { worlds, latenessMs } = timings.finish(1);
    assert.ok((latenessMs.p90 ?? 0) > 200, `lateness ${latenessMs.p90} ms`);
    assert.ok((latenessMs.p50 ?? 9) < 0.01, 'most were on time');
    isNear(quantileMs(worlds[1]?.responseTimeUs ?? null, 0.99), 1, 0.01);
    isNear(timings.finish(0).latenessMs.p99, 0, 0.01);
  });

  it('does not count the time that a request waited for its connection', () => {
    const met: FakeRun['met'] = ({ request }) =>
      request % 2 === 0 ? { openingUs: 40_000, lateUs: 41_000 } : { lateUs: 0 };
    isNear(timingsOf({ met }).timings.finish(1).latenessMs.p99, 1, 0.01);
  });
});

describe('dropped arrivals', () => {
  const firstOfPass2 = (100 + 70) * 2;
  const within = (from: number, count: number) => (latticePlace: number) =>
    latticePlace >= from && latticePlace < from + count;

  it('put off all that is planned after them', () => {
    const { timings, plannedUs } = timingsOf({ isDropped: within(firstOfPass2 + 40, 25) });
    const raw: RawRequest[] = [];
    const { latenessMs } = timings.finish(1, (request) => raw.push(request));
    assert.equal(raw.length, 400);
    for (const { plannedUs: told, ...request } of raw)
      isNear(told, plannedUs({ ...request, scheduled: 1, pass: 2, planned: 0 }), 2);
    isNear(latenessMs.p99, 0, 0.01);
    assert.equal(timings.missing(1), 0);
  });

  it('put off the end of their pass', () => {
    const endOf = (isDropped: FakeRun['isDropped']) =>
      timingsOf(isDropped === undefined ? {} : { isDropped }).timings.endOfPassMs(1) ?? 0;
    isNear(endOf(within(firstOfPass2 + 40, 25)) - endOf(undefined), (25 * periodUs) / 1000, 0.01);
  });

  it('are counted in the pass in which they fell, and made up for later', () => {
    const { timings } = timingsOf({ isDropped: within(firstOfPass2 + 40, 25) });
    const [before, hit] = [timings.finish(0), timings.finish(1)];
    assert.deepEqual([before.dropped, before.offered, before.started], [0, 200, 200]);
    assert.deepEqual([hit.dropped, hit.offered, hit.started], [25, 425, 400]);
    assert.equal(timings.droppedInRun(), 25);
  });

  it('count from the first arrival of a pass on', () => {
    const { timings } = timingsOf({ isDropped: within(firstOfPass2, 6) });
    assert.deepEqual([timings.finish(0).dropped, timings.finish(1).dropped], [0, 6]);
  });

  it('count in no pass where they would have been no requests', () => {
    const { timings } = timingsOf({ isDropped: within(firstOfPass2 - 30, 12) });
    assert.deepEqual([timings.finish(0).dropped, timings.finish(1).dropped], [0, 0]);
    assert.equal(timings.droppedInRun(), 12);
  });

  it('are lost to a run without spare arrivals: its last requests are never sent', () => {
    const { spareArrivals: _, ...exact } = single;
    const passes = [{ pass: 1, first: 0, requests: 100, pauseRequests: 0 }];
    const { timings } = timingsOf({ settings: { ...exact, passes }, isDropped: within(40, 10) });
    const { offered, started, dropped } = timings.finish(0);
    assert.deepEqual([offered, started, dropped], [100, 90, 10]);
    assert.equal(timings.missing(0), 10);
  });

  it('may come several in one sample', () => {
    const timings = createTimings(settings);
    const row = {
      timestampUs: originUs,
      index: null,
      operation: null,
      isExpected: false,
      status: 0,
      errorCode: 0,
      attempt: 1,
    };
    timings.add({ ...row, metric: 'dropped_iterations', value: 3 });
    assert.equal(timings.droppedInRun(), 3);
  });
});

describe('a pass', () => {
  it('counts the connections that it opened, and the time that took', () => {
    const met: FakeRun['met'] = ({ pass, request }) => ({
      openingUs: pass === 1 && request < 30 ? 2_500 : 0,
    });
    const { timings } = timingsOf({ met });
    const [first, second] = [timings.finish(0), timings.finish(1)];
    assert.equal(first.openedConnections, 60);
    isNear(first.openingConnectionsMs, 150, 1e-6);
    assert.deepEqual([second.openedConnections, second.openingConnectionsMs], [0, 0]);
  });

  it('begins with its first planned start and ends with its last answer, by world', () => {
    const met: FakeRun['met'] = ({ world }) => ({ tookUs: 1_000 + world * 50_000, lateUs: 0 });
    const { timings, plannedUs } = timingsOf({ met });
    for (const [world, { measured }] of timings.finish(1).worlds.entries()) {
      const planned = Array.from({ length: 200 }, (_, request) =>
        plannedUs({ scheduled: 1, pass: 2, request, planned: 0, world }),
      );
      isNear(measured?.fromMs, Math.min(...planned) / 1000, 0.01);
      isNear(measured?.toMs, Math.max(...planned) / 1000 + 1 + world * 50, 0.01);
    }
  });

  it('says of each second how much was asked in it, and how fast that was answered', () => {
    const met: FakeRun['met'] = ({ request }) => ({ tookUs: request < 100 ? 1_000 : 4_000 });
    const { worlds } = timingsOf({ met }).timings.finish(1);
    assert.deepEqual(
      worlds[1]?.seconds.map(({ requests, p50Us }) => [requests, Math.round((p50Us ?? 0) / 100)]),
      [
        [100, 10],
        [100, 40],
      ],
    );
  });

  it('knows how many virtual users were busy at once, those included that wait out a displacement', () => {
    const { spareArrivals: _, ...exact } = single;
    const even: RunSettings = { ...exact, arrivals: 'even' };
    // One begins every 10 ms and takes 95.
    const { peakBusyVus } = timingsOf({ settings: even, met: () => ({ tookUs: 95_000 }) }).timings.finish(1);
    assert.equal(peakBusyVus, 10);
    const displaced = timingsOf({ settings: exact, met: () => ({ tookUs: 1 }) }).timings.finish(1);
    assert.ok((displaced.peakBusyVus ?? 0) > 10, `${displaced.peakBusyVus} sleep at once`);
  });

  it('misses what was not answered, until it is', () => {
    const { timings } = timingsOf({ met: ({ pass, request }) => ({ isLost: pass === 2 && request >= 195 }) });
    assert.equal(timings.missing(0), 0);
    assert.equal(timings.missing(1), 10);
    const { offered, started } = timings.finish(1);
    assert.deepEqual([offered, started], [400, 390]);
  });

  it('without samples knows nothing', () => {
    const { worlds, started, latenessMs, peakBusyVus } = createTimings(settings).finish(1);
    assert.equal(started, 0);
    assert.deepEqual(latenessMs, { p50: null, p90: null, p99: null });
    assert.equal(peakBusyVus, null);
    assert.deepEqual(
      worlds.map(({ measured, meanUs, paired }) => [measured, meanUs, paired]),
      [
        [null, null, null],
        [null, null, null],
      ],
    );
  });

  it('that was never scheduled is an error', () => {
    assert.throws(() => createTimings(settings).finish(2), RangeError);
  });
});

describe('raw requests', () => {
  const told = (run: Partial<FakeRun>) => {
    const raw: RawRequest[] = [];
    const { timings, plannedUs } = timingsOf(run);
    const { worlds } = timings.finish(1, (request) => raw.push(request));
    return { raw, worlds, plannedUs };
  };

  it('hold what was said of each', () => {
    const met: FakeRun['met'] = ({ request, world }) => ({
      lateUs: request % 7 === 0 ? 0 : 300,
      tookUs: 1_000 + request,
      status: request === 9 && world === 1 ? 404 : 200,
    });
    const { raw, plannedUs } = told({ met });
    assert.equal(raw.length, 400);
    for (const { request, world, ...said } of raw) {
      const planned = plannedUs({ scheduled: 1, pass: 2, request, planned: 0, world });
      isNear(said.plannedUs, planned, 2);
      isNear(said.startUs, planned + (request % 7 === 0 ? 0 : 300), 2);
      isNear(said.responseUs, 1_000 + request, 1e-6);
      assert.equal(said.status, request === 9 && world === 1 ? 404 : 200);
      assert.equal(said.isPaired, request !== 9, `request ${request}`);
    }
  });

  it('are not told of what was not answered', () => {
    const { raw } = told({ met: ({ request, world }) => ({ isLost: request === 3 && world === 0 }) });
    assert.equal(raw.length, 399);
    assert.deepEqual(
      raw.filter(({ request }) => request === 3).map(({ world, isPaired }) => [world, isPaired]),
      [[1, false]],
    );
  });

  it('of a world that is left out count for no pair', () => {
    const three = { ...settings, worlds: [...settings.worlds, ['http://127.0.0.1:5']] };
    const met: FakeRun['met'] = ({ world, request }) => ({ isExpected: world !== 1 || request % 10 !== 0 });
    const { raw, worlds } = told({ settings: three, met });
    assert.deepEqual(
      worlds.map(({ errors, paired }) => [errors, paired?.requests ?? null]),
      [
        [0, 200],
        [20, null],
        [0, 200],
      ],
    );
    for (const { world, isPaired } of raw) assert.equal(isPaired, world !== 1);
  });
});
