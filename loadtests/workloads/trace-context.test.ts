import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tracedShare } from '../../app/contract/telemetry-modes.ts';
import type { RunSettings } from './run-settings.ts';
import { createSchedule } from './schedule.ts';
import { traceparentOf } from './trace-context.ts';

const count = 20_000;
const worldOf = (...ports: readonly number[]): string[] => ports.map((port) => `http://127.0.0.1:${port}`);
const settingsOf = (...worlds: readonly string[][]): RunSettings => ({
  seed: 1,
  people: 10,
  photos: 10,
  followers: 'heavy',
  mix: 'social-default',
  worlds,
  passes: [{ pass: 2, first: 0, requests: count, pauseRequests: 0 }],
  ratePerSecond: 100,
  arrivals: 'poisson',
});
const placeOf = (request: number, pass = 2) => ({ scheduled: 0, pass, request, planned: request, world: 0 });

/** The trace contexts of each world, by request. */
function contextsIn(settings: RunSettings) {
  const schedule = createSchedule(settings);
  const worlds = settings.worlds.map((): { traceId: string; flags: string }[] => []);
  for (let arrival = 0; arrival < count * worlds.length; arrival += 1) {
    const place = schedule.placeOf(arrival);
    assert.ok(place !== null);
    const sent = traceparentOf(settings.seed, place, schedule.targetOf(place));
    const [, traceId = '', , flags = ''] = /^00-([0-9a-f]{32})-([0-9a-f]{16})-(0[01])$/.exec(sent) ?? [];
    (worlds[place.world] ?? [])[place.request] = { traceId, flags };
  }
  return worlds;
}

test('the same requests are traced in every world, and no two of all their traces share an id', () => {
  const worlds = contextsIn(settingsOf(worldOf(40_001, 40_002), worldOf(40_003, 40_004)));
  const [one = [], other = []] = worlds;
  assert.deepEqual(
    one.map(({ flags }) => flags),
    other.map(({ flags }) => flags),
  );
  for (const digits of [32, 16]) {
    const ids = new Set(worlds.flat().map(({ traceId }) => traceId.slice(0, digits)));
    assert.equal(ids.size, 2 * count, `the first ${digits} digits`);
  }
  const traced = one.filter(({ flags }) => flags === '01').length;
  assert.ok(Math.abs(traced / count - tracedShare) < 0.003, `${traced} of ${count}`);
});

test('a request sent again to the same replica has the same trace context', () => {
  const target = 'http://127.0.0.1:4000';
  assert.equal(traceparentOf(1, placeOf(7), target), traceparentOf(1, placeOf(7), target));
  assert.notEqual(traceparentOf(1, placeOf(7), target), traceparentOf(1, placeOf(7, 3), target));
  assert.notEqual(traceparentOf(1, placeOf(7), target), traceparentOf(2, placeOf(7), target));
});
