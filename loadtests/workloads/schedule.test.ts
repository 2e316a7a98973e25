import assert from 'node:assert/strict';
import { test } from 'node:test';
import { displacementWidthMs } from './arrivals.ts';
import { arrivalCount } from './run-settings.ts';
import type { RunSettings } from './run-settings.ts';
import { createSchedule, planRequests } from './schedule.ts';
import type { Place, Schedule } from './schedule.ts';
import { createWorkload } from './workload.ts';

const rate = 150;
const worldOf = (port: number): string[] => [`http://127.0.0.1:${port}`, `http://127.0.0.1:${port + 1}`];
const settings: RunSettings = {
  seed: 7,
  people: 60,
  photos: 300,
  followers: 'heavy',
  mix: 'social-default',
  worlds: [worldOf(4_000), worldOf(5_000), worldOf(6_000)],
  passes: [
    { pass: 1, first: 0, requests: 40, pauseRequests: 11 },
    { pass: 5, first: 0, requests: 30, pauseRequests: 11 },
    { pass: 5, first: 30, requests: 20, pauseRequests: 0 },
  ],
  ratePerSecond: rate,
  arrivals: 'poisson',
};

const arrivalsIn = (given: RunSettings): number[] =>
  Array.from({ length: arrivalCount(given) }, (_, index) => index);
const placesIn = (given: RunSettings): Place[] => {
  const schedule = createSchedule(given);
  return arrivalsIn(given).flatMap((arrival) => schedule.placeOf(arrival) ?? []);
};
const oneOf = (requests: number): RunSettings => ({
  ...settings,
  worlds: [worldOf(4_000)],
  passes: [{ pass: 2, first: 0, requests, pauseRequests: 0 }],
});

test('each request goes to every world once, and in each to the same replica', () => {
  const { targetOf } = createSchedule(settings);
  const seen = new Map<string, string[]>();
  for (const place of placesIn(settings)) {
    const name = `${place.pass} ${place.request}`;
    seen.set(name, [...(seen.get(name) ?? []), targetOf(place)]);
  }
  assert.equal(seen.size, 90);
  for (const [name, targets] of seen) {
    const replica = Number(name.split(' ')[1]) % 2;
    assert.deepEqual(
      targets.sort(),
      settings.worlds.map((world) => world[replica]),
      `request ${name}`,
    );
  }
});

test('the order of the worlds is shuffled for each request: each is first, and last, about equally often', () => {
  const requests = 3_000;
  const many = { ...settings, passes: [{ pass: 2, first: 0, requests, pauseRequests: 0 }] };
  const places = placesIn(many);
  for (const position of [0, 1, 2]) {
    for (const world of [0, 1, 2]) {
      const count = places.filter((place, index) => index % 3 === position && place.world === world).length;
      const told = `seed ${settings.seed}: world ${world} is ${count} times at place ${position}`;
      assert.ok(Math.abs(count - 1_000) < 130, told);
    }
  }
});

test('the order is decided by the seed', () => {
  const worldsWith = (seed: number) => placesIn({ ...settings, seed }).map(({ world }) => world);
  assert.deepEqual(worldsWith(7), worldsWith(7));
  assert.notDeepEqual(worldsWith(7), worldsWith(8));
});

test('each world is displaced by a time of its own, below the width and evenly over it', () => {
  const { displacementMs } = createSchedule(settings);
  const width = displacementWidthMs(rate);
  const n = 20_000;
  let [sum, different] = [0, 0];
  for (let request = 0; request < n; request += 1) {
    const [here, there] = [0, 1].map((world) =>
      displacementMs({ scheduled: 0, pass: 2, request, planned: request, world }),
    ) as [number, number];
    assert.ok(here >= 0 && here < width, `seed ${settings.seed}, request ${request}: ${here} ms`);
    sum += here;
    if (Math.abs(here - there) > width / 10) different += 1;
  }
  assert.ok(Math.abs(sum / n - width / 2) < (4 * width) / Math.sqrt(12 * n), `seed ${settings.seed}`);
  assert.ok(
    Math.abs(different / n - 0.81) < 0.02,
    `seed ${settings.seed}: ${different} of ${n} are far apart`,
  );
});

test('in a pause, and beyond the last pass, an arrival is no request', () => {
  const { placeOf } = createSchedule({ ...settings, spareArrivals: 4 });
  const empty = arrivalsIn({ ...settings, spareArrivals: 4 }).filter((arrival) => placeOf(arrival) === null);
  const from = (first: number, count: number) => Array.from({ length: count }, (_, index) => first + index);
  assert.deepEqual(empty, [
    ...from(40 * 3, 33),
    ...from((40 + 11 + 30) * 3, 33),
    ...from((40 + 11 + 30 + 11 + 20) * 3, 4),
  ]);
  assert.equal(placeOf(1e9), null);
});

test('passes map to their requests and back', () => {
  const { placeOf, arrivalsOf } = createSchedule(settings);
  let planned = 0;
  for (const [scheduled, { pass, first, requests }] of settings.passes.entries()) {
    const { from, to } = arrivalsOf(scheduled);
    assert.equal(to - from, requests * 3);
    for (let arrival = from; arrival < to; arrival += 1) {
      const within = Math.floor((arrival - from) / 3);
      const place = placeOf(arrival) as Place;
      const its = { scheduled, pass, request: first + within, planned: planned + within };
      assert.deepEqual(place, { ...its, world: place.world });
    }
    planned += requests;
  }
});

test('a pass without requests takes no arrival', () => {
  const none = { pass: 0, first: 0, requests: 0, pauseRequests: 0 };
  const { placeOf, arrivalsOf } = createSchedule({ ...oneOf(5), passes: [none, { ...none, requests: 5 }] });
  assert.deepEqual(arrivalsOf(0), { from: 0, to: 0 });
  assert.equal(placeOf(0)?.scheduled, 1);
});

test('a schedule of one world sends request i at arrival i', () => {
  const { placeOf, latticeMs } = createSchedule(oneOf(300));
  for (let arrival = 0; arrival < 300; arrival += 1) {
    assert.deepEqual(placeOf(arrival), {
      scheduled: 0,
      pass: 2,
      request: arrival,
      planned: arrival,
      world: 0,
    });
    assert.equal(latticeMs(arrival), arrival * (1_000 / rate));
  }
});

test('even arrivals keep to the lattice, in which the worlds share the time of one request', () => {
  const { displacementMs, placeOf, latticeMs } = createSchedule({ ...settings, arrivals: 'even' });
  assert.equal(displacementMs(placeOf(17) as Place), 0);
  assert.ok(Math.abs(latticeMs(3 * rate) - 1_000) < 1e-9, 'a second later');
});

/** When the requests to one world are to start, in order. */
function startsIn(schedule: Schedule, given: RunSettings, world: number): number[] {
  return arrivalsIn(given)
    .flatMap((arrival) => {
      const place = schedule.placeOf(arrival);
      return place?.world === world ? [schedule.latticeMs(arrival) + schedule.displacementMs(place)] : [];
    })
    .sort((a, b) => a - b);
}

for (const worlds of [1, 3]) {
  test(`with ${worlds} worlds, gaps within one are as irregular as those of a Poisson process, and the rate stays`, () => {
    const given = { ...oneOf(20_000), worlds: settings.worlds.slice(0, worlds) };
    const starts = startsIn(createSchedule(given), given, worlds - 1);
    const gaps = starts.slice(1).map((start, index) => start - (starts[index] as number));
    const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
    const deviation = Math.sqrt(gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length);
    const told = `seed ${given.seed}: mean gap ${mean} ms, variation ${deviation / mean}`;
    assert.ok(Math.abs(mean - 1000 / rate) < 0.02, told);
    // 1 in a Poisson process, 0 on the lattice.
    assert.ok(deviation / mean > 0.9 && deviation / mean < 1.1, told);
  });
}

test('the requests of all passes are planned one after another, by their numbers in their pass', () => {
  const workload = createWorkload(settings);
  const planned = planRequests(workload, settings.passes);
  assert.equal(planned.length, 90);
  for (const place of placesIn(settings))
    assert.deepEqual(planned[place.planned], workload.requestAt(place.pass, place.request));
});

test('what an edge does not answer goes to the replicas behind it by turns, and in a world without an edge nowhere', () => {
  const replicas = ['http://127.0.0.1:4001', 'http://127.0.0.1:4002'];
  const { pastEdgeOf } = createSchedule({ ...settings, replicasPastEdges: [[], replicas, []] });
  const place = { scheduled: 0, pass: 2, request: 7, planned: 7 };
  assert.deepEqual(
    [0, 1, 2].map((world) => pastEdgeOf({ ...place, world })),
    [null, replicas[1], null],
  );
  assert.equal(pastEdgeOf({ ...place, request: 8, world: 1 }), replicas[0]);
  assert.equal(createSchedule(settings).pastEdgeOf({ ...place, world: 1 }), null);
});
