import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSchedule } from './schedule.ts';
import { createRequestOfPlace, placesOf } from './spread.ts';
import type { RunSettings } from './run-settings.ts';

const heldBy = (pass: Parameters<typeof createRequestOfPlace>[0]) => {
  const requestOf = createRequestOfPlace(pass);
  return Array.from({ length: placesOf(pass) + 3 }, (_, place) => requestOf(place));
};

test('a pass that is not spread has a request at each place', () => {
  assert.deepEqual(heldBy({ requests: 3 }), [0, 1, 2, null, null, null]);
});

test('each stretch holds its requests at even distances, and no request is lost', () => {
  const spread = { placesPerStretch: 4, requests: [1, 0, 4, 2, 3] };
  assert.deepEqual(heldBy({ requests: 10, spread }), [
    ...[0, null, null, null],
    ...[null, null, null, null],
    ...[1, 2, 3, 4],
    ...[5, null, 6, null],
    ...[7, 8, 9, null],
    ...[null, null, null],
  ]);
});

test('whatever a stretch holds, each request has one place', () => {
  for (let placesPerStretch = 1; placesPerStretch <= 40; placesPerStretch += 1) {
    for (let requests = 0; requests <= placesPerStretch; requests += 1) {
      const held = heldBy({ requests, spread: { placesPerStretch, requests: [requests] } });
      const found = held.filter((request) => request !== null);
      assert.deepEqual(
        found,
        Array.from({ length: requests }, (_, request) => request),
        `${requests} in ${placesPerStretch}`,
      );
    }
  }
});

test('the schedule of spread passes sends each request to each world once, and leaves the other places empty', () => {
  const settings: RunSettings = {
    seed: 7,
    people: 60,
    photos: 300,
    followers: 'heavy',
    mix: 'social-default',
    worlds: [['http://127.0.0.1:1'], ['http://127.0.0.1:2']],
    passes: [
      { pass: 1, first: 0, requests: 2, pauseRequests: 3 },
      {
        pass: 2,
        first: 40,
        requests: 5,
        pauseRequests: 2,
        spread: { placesPerStretch: 6, requests: [1, 0, 4] },
      },
      { pass: 3, first: 45, requests: 1, pauseRequests: 0, spread: { placesPerStretch: 6, requests: [1] } },
    ],
    ratePerSecond: 60,
    arrivals: 'poisson',
  };
  const schedule = createSchedule(settings);
  const { from, to } = schedule.arrivalsOf(1);
  assert.deepEqual([from, to], [2 * 5, 2 * (5 + 18)]);
  const places = Array.from({ length: to - from }, (_, index) => schedule.placeOf(from + index));
  assert.deepEqual(
    places.flatMap((place, index) =>
      place === null ? [] : [[Math.floor(index / 2), place.request, place.planned]],
    ),
    [0, 12, 13, 15, 16].flatMap((place, request) => [0, 1].map(() => [place, 40 + request, 2 + request])),
  );
  for (let request = 40; request < 45; request += 1)
    assert.deepEqual(
      places
        .filter((place) => place?.request === request)
        .map((place) => place?.world ?? -1)
        .toSorted((a, b) => a - b),
      [0, 1],
    );
  assert.equal(schedule.placeOf(schedule.arrivalsOf(2).from)?.request, 45);
});
