import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addsPerCounter, sentTwicePerCounter, timedPerCounter, watchCounter } from './watched-counter.ts';
import type { CountSighting } from './count-sighting-store.ts';

const lagsOf = (sightings: readonly CountSighting[]): readonly (readonly [number, number | null])[] =>
  sightings.filter(({ phase }) => phase === 'lag').map(({ expected, lagMs }) => [expected, lagMs]);
const standings = (sightings: readonly CountSighting[]): readonly CountSighting[] =>
  sightings.filter(({ phase }) => phase !== 'lag');

test('an add counts as seen by the first answer that is large enough, however many are seen at once', () => {
  const counter = watchCounter('c');
  for (const atMs of [1_000, 1_250, 1_500]) counter.acknowledge(atMs);
  assert.deepEqual(lagsOf(counter.see(0, 1_500, 'live')), []);
  assert.deepEqual(lagsOf(counter.see(2, 1_750, 'live')), [
    [1, 750],
    [2, 500],
  ]);
  // Another replica may know less: what was seen stays seen.
  assert.deepEqual(lagsOf(counter.see(1, 1_800, 'settling')), []);
  assert.deepEqual(lagsOf(counter.see(3, 2_000, 'settling')), [[3, 500]]);
});

test('while it is added to, each answer stands beside what it should be; afterwards the last one does', () => {
  const counter = watchCounter('c');
  counter.acknowledge(0);
  counter.acknowledge(250);
  assert.deepEqual(standings(counter.see(1, 300, 'live')), [
    { counter: 'c', phase: 'live', expected: 2, seen: 1, lagMs: null },
  ]);
  assert.deepEqual(standings(counter.see(2, 600, 'settling')), []);
  assert.deepEqual(standings(counter.finish(5_000)), [
    { counter: 'c', phase: 'rest', expected: 2, seen: 2, lagMs: null },
  ]);
});

test('what is never seen counts as long as it was waited for', () => {
  const counter = watchCounter('c');
  counter.acknowledge(1_000);
  counter.acknowledge(2_000);
  counter.see(1, 2_000, 'live');
  assert.deepEqual(lagsOf(counter.finish(7_000)), [[2, 5_000]]);
});

test('the last adds are sent twice, and none of those is timed', () => {
  const counter = watchCounter('c');
  const twice: boolean[] = [];
  for (let add = 0; !counter.isFull(); add += 1) {
    twice.push(counter.isNextSentTwice());
    counter.acknowledge(add);
  }
  assert.equal(twice.length, addsPerCounter);
  assert.equal(twice.filter(Boolean).length, sentTwicePerCounter);
  const timed = lagsOf(counter.see(addsPerCounter + sentTwicePerCounter, addsPerCounter, 'settling'));
  assert.equal(timed.length, timedPerCounter);
  assert.ok(twice.slice(0, timedPerCounter).every((isTwice) => !isTwice));
});
