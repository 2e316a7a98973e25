import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { keptSpan } from '../../tests/support/kept-spans.ts';
import { traceOf } from './span.ts';
import type { KeptSpan } from './span.ts';
import { describeSpan, layOut, renderWaterfall } from './waterfall.ts';

const waterfall = (spans: readonly KeptSpan[]) => {
  const trace = traceOf(spans);
  assert.ok(trace !== undefined);
  return layOut(trace);
};

describe('a waterfall', () => {
  it('puts children below their parents, in the order of their start', () => {
    const { rows } = waterfall([
      keptSpan({ spanId: 'late', parentSpanId: 'root', startMs: 5 }),
      keptSpan({ spanId: 'deep', parentSpanId: 'early', startMs: 2 }),
      keptSpan({ spanId: 'root', kind: 'server', durationMs: 10 }),
      keptSpan({ spanId: 'early', parentSpanId: 'root', startMs: 1 }),
    ]);
    assert.deepEqual(
      rows.map(({ span, depth }) => `${depth} ${span.spanId}`),
      ['0 root', '1 early', '2 deep', '1 late'],
    );
  });

  it('begins with the request, also when another replica says to have been earlier', () => {
    const trace = traceOf([
      keptSpan({ spanId: 'arrived', parentSpanId: 'gone', startMs: -3, kind: 'consumer' }),
      keptSpan({ spanId: 'request', parentSpanId: 'caller', kind: 'server' }),
    ]);
    assert.equal(trace?.root.spanId, 'request');
    assert.equal(waterfall(trace.spans).rows[1]?.span.spanId, 'arrived');
  });

  it('shows every span once, whatever parents they name', () => {
    const ids = ['a', 'b', 'c', 'd', 'e'];
    const anyParent = fc.option(fc.constantFrom(...ids, 'elsewhere'), { nil: null });
    fc.assert(
      fc.property(fc.tuple(anyParent, anyParent, anyParent, anyParent, anyParent), (parents) => {
        const spans = ids.map((spanId, index) =>
          keptSpan({ spanId, parentSpanId: parents[index] ?? null, startMs: index }),
        );
        const { rows } = waterfall(spans);
        assert.deepEqual(rows.map(({ span }) => span.spanId).toSorted(), ids);
      }),
    );
  });

  it('says how many spans found no room', () => {
    const spans = Array.from({ length: 250 }, (_, index) =>
      keptSpan({ spanId: String(index), parentSpanId: index === 0 ? null : '0' }),
    );
    assert.equal(waterfall(spans).left, 50);
    const trace = traceOf(spans);
    assert.ok(trace !== undefined);
    assert.match(renderWaterfall(trace), /… 50 more spans/);
  });

  it('fits into the columns that there are', () => {
    const long = 'a name that is far too long for any column of a terminal '.repeat(5);
    const trace = traceOf([
      keptSpan({ spanId: 'root', name: long }),
      keptSpan({ spanId: 'x', parentSpanId: 'root', name: long }),
    ]);
    assert.ok(trace !== undefined);
    for (const columns of [60, 80, 120, 200])
      for (const line of renderWaterfall(trace, columns).split('\n').slice(3))
        assert.ok(line.length <= columns, `${line.length} of ${columns}`);
  });

  it('says what a cache has decided', () => {
    const one = keptSpan({ spanId: 'x', attributes: { 'cache.result': 'hit', 'cache.tier': 'redis' } });
    assert.equal(describeSpan(one), 'hit in redis');
    const many = keptSpan({
      spanId: 'x',
      attributes: {
        'cache.result': 'miss',
        'cache.tier': 'none',
        'cache.keys': 20,
        'cache.hits': 18,
        'cache.misses': 2,
      },
    });
    assert.equal(describeSpan(many), 'miss, 20 keys: 18 hits 2 misses');
    const failed = keptSpan({
      spanId: 'x',
      isError: true,
      errorMessage: 'late',
      links: [{ traceId: 'f'.repeat(32), spanId: 'y' }],
    });
    assert.equal(describeSpan(failed), 'ERROR late, asked for by ffffffff');
  });
});
