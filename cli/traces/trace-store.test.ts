import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import * as fc from 'fast-check';
import { keptSpan } from '../../tests/support/kept-spans.ts';
import type { KeptSpan } from './span.ts';
import { createTraceStore } from './trace-store.ts';
import type { TraceStore } from './trace-store.ts';
import type { TraceQuery } from './select-traces.ts';

const roomy = 64 * 2 ** 20;
const idOf = (index: number): string => index.toString(16).padStart(32, '0');
const requestOf = (index: number, given: Partial<KeptSpan> = {}): KeptSpan =>
  keptSpan({ traceId: idOf(index), spanId: 'root', kind: 'server', startMs: index, ...given });

function storeOf(spans: readonly KeptSpan[], bytesMax = roomy) {
  const store = createTraceStore(bytesMax);
  store.add(spans, 0);
  return store;
}

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
const heapBytes = (): number => {
  collect();
  return process.memoryUsage().heapUsed;
};

describe('the store of traces', () => {
  it('forgets the oldest traces, whole, and says up to when', () => {
    const store = createTraceStore(100_000);
    assert.equal(store.forgottenUntilMs(), -Infinity);
    for (let index = 0; index < 1_000; index += 1)
      store.add([requestOf(index), requestOf(index, { spanId: 'child', parentSpanId: 'root' })], 0);
    const oldest = 1_000 - store.traces();
    assert.ok(store.traces() > 50 && store.traces() < 400, `${store.traces()} traces`);
    assert.equal(store.find(idOf(oldest - 1)), undefined);
    assert.equal(store.find(idOf(oldest))?.spans.length, 2);
    assert.equal(store.forgottenUntilMs(), oldest - 1);
    assert.deepEqual(store.counts(), { kept: 2_000, dropped: 2 * oldest, rejected: 0 });
  });

  it('takes about as much memory as it is given, whatever spans are made of', () => {
    const bytesMax = 12 * 2 ** 20;
    const copyOf = (text: string): string => Buffer.from(text).toString();
    const lean = (index: number): Partial<KeptSpan> => ({
      attributes: { [copyOf('http.route')]: copyOf('/photos/:id'), path: copyOf(`/photos/${index % 5_000}`) },
    });
    const fat = (index: number): Partial<KeptSpan> => ({
      attributes: Object.fromEntries(
        Array.from({ length: 30 }, (_, at) => [copyOf(`sql${at}`), `${index} ${at} `.padEnd(900, 'x')]),
      ),
      events: [
        { name: copyOf('exception'), atMs: index, attributes: { stack: `${index}`.padEnd(900, 'y') } },
      ],
    });
    // None of them may be collected while another one is measured.
    const stores: TraceStore[] = [];
    const shareOf = (make: (index: number) => Partial<KeptSpan>): number => {
      const before = heapBytes();
      const store = createTraceStore(bytesMax);
      stores.push(store);
      for (let index = 0; store.counts().dropped < 1_000; index += 1)
        store.add([requestOf(index, { ...make(index), spanId: copyOf(idOf(index).slice(16)) })], 0);
      store.query({ order: 'slowest', limit: 1 });
      return (heapBytes() - before) / bytesMax;
    };
    for (const make of [lean, fat]) {
      const share = shareOf(make);
      assert.ok(share > 0.4 && share < 1.25, `${share.toFixed(2)} of the bound`);
    }
    assert.equal(stores.length, 2);
  });

  it('keeps no more than so many spans of one trace', () => {
    const spans = Array.from({ length: 1_200 }, (_, index) => requestOf(1, { spanId: String(index) }));
    const store = storeOf(spans);
    assert.equal(store.find(idOf(1))?.spans.length, 1_000);
    assert.equal(store.counts().dropped, 200);
  });

  it('answers with what came since it was asked last', () => {
    const store = storeOf([
      keptSpan({ traceId: idOf(1), spanId: 'child', parentSpanId: 'root', startMs: 5 }),
    ]);
    const slowest = () => store.query({ order: 'slowest', limit: 1 })[0];
    assert.equal(slowest()?.root.spanId, 'child');
    store.add([requestOf(1, { durationMs: 9 })], 0);
    assert.equal(slowest()?.root.durationMs, 9);
    assert.deepEqual(
      slowest()?.spans.map(({ spanId }) => spanId),
      ['root', 'child'],
    );
  });

  it('finds the same as sorting everything would', () => {
    const durations = fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 60 });
    const order = fc.constantFrom<TraceQuery['order']>('slowest', 'newest');
    fc.assert(
      fc.property(durations, order, fc.integer({ min: 1, max: 10 }), (all, by, limit) => {
        const store = storeOf(all.map((durationMs, index) => requestOf(index, { durationMs })));
        const ranks = store
          .query({ order: by, limit })
          .map(({ root }) => (by === 'slowest' ? root.durationMs : root.startMs));
        const expected = all.map((durationMs, index) => (by === 'slowest' ? durationMs : index));
        assert.deepEqual(ranks, expected.toSorted((a, b) => b - a).slice(0, limit));
      }),
    );
  });

  it('tells worlds apart by their replicas, requests from what is done behind them, and times', () => {
    const store = storeOf([
      requestOf(10, { replica: '7_1-1' }),
      requestOf(20, { replica: '7_1-2' }),
      requestOf(21, { replica: '7_2-1' }),
      requestOf(22, { replica: '7_1-1', kind: 'internal' }),
      requestOf(30, { replica: '7_1-1' }),
    ]);
    const found = store.query({
      order: 'newest',
      limit: 9,
      replicas: new Set(['7_1-1', '7_1-2']),
      isRequest: true,
      began: { fromMs: 10, toMs: 29 },
    });
    assert.deepEqual(
      found.map(({ root }) => root.startMs),
      [20, 10],
    );
  });

  it('knows the ids that begin so', () => {
    const store = storeOf([requestOf(0xab), requestOf(0xac)]);
    assert.deepEqual(store.withPrefix(idOf(0xab)), [idOf(0xab)]);
    assert.equal(store.withPrefix('0000').length, 2);
    assert.deepEqual(store.withPrefix('f'), []);
  });
});
