import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keptSpan } from '../../tests/support/kept-spans.ts';
import { createTraceStore } from '../traces/trace-store.ts';
import { shareSlowestTraces } from './slowest-traces.ts';

test('what began before the last minutes is not shown, although the store still has it', () => {
  const store = createTraceStore(2 ** 20);
  const nowMs = 1_700_000_000_000;
  store.add(
    [
      keptSpan({ spanId: 'cold', durationMs: 900, startMs: nowMs - 400_000 }),
      keptSpan({ traceId: 'b'.repeat(32), spanId: 'warm', durationMs: 5, startMs: nowMs - 100_000 }),
    ],
    0,
  );
  const titles = shareSlowestTraces(store, () => nowMs)().map(({ title }) => title);
  assert.deepEqual(titles, ['warm · versioned · r1']);
});

test('however many pages ask within a second, the store is asked once', () => {
  const store = createTraceStore(2 ** 20);
  store.add([keptSpan({ spanId: 'GET /', durationMs: 3 })], 0);
  let asked = 0;
  let nowMs = 5_000;
  const query: typeof store.query = (wanted) => {
    asked += 1;
    return store.query(wanted);
  };
  const slowest = shareSlowestTraces({ query }, () => nowMs);
  for (let page = 0; page < 20; page += 1)
    assert.deepEqual(slowest(), [
      { traceId: 'a'.repeat(32), title: 'GET / · versioned · r1', durationMs: 3 },
    ]);
  assert.equal(asked, 1);
  store.add([keptSpan({ traceId: 'b'.repeat(32), spanId: 'PUT /', durationMs: 9 })], 0);
  nowMs += 1_000;
  assert.deepEqual(
    slowest().map(({ durationMs }) => durationMs),
    [9, 3],
  );
  assert.equal(asked, 2);
});
