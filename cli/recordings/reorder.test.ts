import assert from 'node:assert/strict';
import { test } from 'node:test';
import { collect } from '../../tests/support/made-recordings.ts';
import { mergeByTime, reorder } from './reorder.ts';

type Timed = { readonly timeUs: number; readonly name?: string };

async function* piecesOf(...pieces: readonly (readonly Timed[])[]): AsyncGenerator<readonly Timed[], void> {
  yield* pieces;
}

const at = (seconds: number, name = ''): Timed => ({ timeUs: seconds * 1e6, name });
const secondsOf = (events: readonly Timed[]): number[] => events.map(({ timeUs }) => timeUs / 1e6);

test('sorts what is late by less than a minute, over the ends of pieces, and keeps the order of one moment', async () => {
  const pieces = piecesOf([at(30), at(10, 'first')], [at(10, 'second'), at(50)], [at(200), at(150)], []);
  const events = (await collect(reorder(pieces))).flat();
  assert.deepEqual(secondsOf(events), [10, 10, 30, 50, 150, 200]);
  assert.deepEqual([events[0]?.name, events[1]?.name], ['first', 'second']);
});

test('holds a minute back and no more', async () => {
  const pieces = reorder(piecesOf([at(0), at(100)], [at(130)], [at(131)]));
  assert.deepEqual(secondsOf((await pieces.next()).value ?? []), [0]);
  assert.deepEqual(secondsOf((await pieces.next()).value ?? []), [100, 130, 131]);
});

test('passes on what is later still, for the reader to refuse', async () => {
  const events = (await collect(reorder(piecesOf([at(0), at(100)], [at(200)], [at(20)])))).flat();
  assert.deepEqual(secondsOf(events), [0, 100, 20, 200]);
});

test('merges sources by time, also where one has nothing, and says which one told', async () => {
  const merged = mergeByTime([
    { pieces: piecesOf([at(1), at(4)], [], [at(6)]), endsAll: false },
    { pieces: piecesOf(), endsAll: false },
    { pieces: piecesOf([at(2)], [at(3), at(7)]), endsAll: false },
  ]);
  const told = (await collect(merged)).map(({ event, source }) => [event.timeUs / 1e6, source]);
  assert.deepEqual(told, [
    [1, 0],
    [2, 2],
    [3, 2],
    [4, 0],
    [6, 0],
    [7, 2],
  ]);
});

test('ends with a source after which nothing is known', async () => {
  const merged = mergeByTime([
    { pieces: piecesOf([at(1), at(3)]), endsAll: true },
    { pieces: piecesOf([at(2), at(4), at(5)]), endsAll: false },
  ]);
  assert.deepEqual(secondsOf((await collect(merged)).map(({ event }) => event)), [1, 2, 3]);
});
