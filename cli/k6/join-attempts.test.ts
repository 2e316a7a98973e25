import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RunSettings } from '../../loadtests/workloads/run-settings.ts';
import { createAttemptJoiner } from './join-attempts.ts';
import type { SampleRow } from './sample-rows.ts';

const refused = 1212;
const reset = 1220;
const settings: RunSettings = {
  ...{ seed: 1, people: 20, photos: 20, followers: 'heavy' as const, mix: 'social-default' as const },
  worlds: [['http://127.0.0.1:1']],
  replicasPastEdges: [['http://127.0.0.1:2', 'http://127.0.0.1:3']],
  passes: [{ pass: 0, first: 0, requests: 10, pauseRequests: 0 }],
  ratePerSecond: 10,
  arrivals: 'even',
};

/** A request that ended so many milliseconds after the beginning, and has taken so many of them. */
function duration(index: number, endMs: number, tookMs: number, more: Partial<SampleRow> = {}): SampleRow {
  return {
    ...{
      metric: 'http_req_duration',
      timestampUs: endMs * 1_000,
      value: tookMs,
      index,
      operation: 'photoPage',
    },
    ...{ isExpected: true, status: 200, errorCode: 0, attempt: 1 },
    ...more,
  };
}
const failed = (index: number, endMs: number, tookMs: number, more: Partial<SampleRow> = {}): SampleRow =>
  duration(index, endMs, tookMs, { isExpected: false, status: 0, errorCode: refused, ...more });
const connecting = (row: SampleRow, ms: number): SampleRow => ({
  ...row,
  metric: 'http_req_connecting',
  value: ms,
});

function joined(rows: readonly SampleRow[], own = settings) {
  const all: SampleRow[] = [];
  const joiner = createAttemptJoiner(own, (row) => all.push(row));
  for (const row of rows) joiner.add(row);
  const before = all.length;
  joiner.end();
  return { all, atEnd: all.slice(before) };
}

test('two attempts are one request: what became of the second, from the first sending to its last byte', () => {
  const [first, second] = [failed(3, 100, 2), duration(3, 112, 9, { attempt: 2 })];
  const rows = [first, connecting(first, 0.5), second, connecting(second, 0.7)];
  assert.deepEqual(joined(rows), { all: [connecting(first, 0.5), { ...second, value: 14 }], atEnd: [] });
});

test('it has failed when its second attempt has', () => {
  const second = failed(3, 112, 9, { attempt: 2, errorCode: reset });
  assert.deepEqual(joined([failed(3, 100, 0), second]).all, [{ ...second, value: 12 }]);
});

test('attempts are joined by their request, with rows of others between them', () => {
  const rows = [
    failed(3, 100, 0),
    failed(4, 101, 0, { errorCode: reset }),
    duration(5, 102, 1),
    duration(4, 103, 1, { attempt: 2 }),
    duration(3, 110, 5, { attempt: 2 }),
  ];
  assert.deepEqual(
    joined(rows).all.map(({ index, value, attempt }) => [index, value, attempt]),
    [
      [5, 1, 1],
      [4, 2, 2],
      [3, 10, 2],
    ],
  );
});

test('a second attempt whose first was not told counts by itself', () => {
  const second = duration(3, 110, 5, { attempt: 2 });
  assert.deepEqual(joined([second]).all, [second]);
});

test('a first attempt that was not followed by a second one has failed', () => {
  const first = failed(3, 100, 2);
  assert.deepEqual(joined([first]), { all: [first], atEnd: [first] });
});

test('what is not sent again is held by nobody: other errors, writes that may have been done, worlds without an edge', () => {
  const notAgain = [
    duration(1, 100, 1),
    failed(2, 100, 5_000, { errorCode: 1050 }),
    failed(3, 100, 1, { errorCode: 1213 }),
    failed(4, 100, 1, { errorCode: 1503, status: 503 }),
    failed(5, 100, 1, { errorCode: reset, operation: 'comment' }),
    failed(6, 100, 1, { index: null }),
    { ...failed(7, 100, 1), metric: 'dropped_iterations', index: null },
  ];
  assert.deepEqual(joined(notAgain), { all: notAgain, atEnd: [] });
  const { replicasPastEdges: _, ...without } = settings;
  assert.deepEqual(joined([failed(1, 100, 1)], without), { all: [failed(1, 100, 1)], atEnd: [] });
});

test('a write that nobody can have got is sent again, and one that may be done twice', () => {
  const again = [
    failed(1, 100, 1, { operation: 'comment' }),
    failed(2, 100, 1, { operation: 'like', errorCode: reset }),
    failed(3, 100, 1, { operation: 'unfollow', errorCode: 1000 }),
  ];
  assert.deepEqual(joined(again).atEnd, again);
});
