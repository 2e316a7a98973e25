import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { KeptSpan } from './span.ts';
import { readSpans } from './read-spans.ts';

type Attribute = { readonly key: string; readonly value: object };

const exportOf = (attributes: readonly Attribute[], more: object = {}): object => ({
  resourceSpans: [
    {
      scopeSpans: [
        {
          spans: [
            {
              traceId: 'A'.repeat(32),
              spanId: 'b'.repeat(16),
              startTimeUnixNano: '1700000000000000500',
              endTimeUnixNano: '1700000000002000500',
              attributes,
              ...more,
            },
          ],
        },
      ],
    },
  ],
});
const only = (request: object): KeptSpan => {
  const { spans, rejected } = readSpans(request);
  assert.equal(rejected, 0);
  assert.equal(spans.length, 1);
  return spans[0] as KeptSpan;
};

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
const heapMiB = (): number => {
  collect();
  return process.memoryUsage().heapUsed / 2 ** 20;
};

describe('what is read of a span', () => {
  it('is cut to its bounds', () => {
    const attributes = Array.from({ length: 100 }, (_, index) => ({
      key: `k${index}`,
      value: { stringValue: 'x'.repeat(5_000) },
    }));
    const events = Array.from({ length: 100 }, () => ({ name: 'e', timeUnixNano: '1' }));
    const links = Array.from({ length: 100 }, () => ({ traceId: 'c'.repeat(32), spanId: 'd'.repeat(16) }));
    const span = only(exportOf(attributes, { events, links }));
    assert.equal(Object.keys(span.attributes).length, 64);
    assert.equal(String(span.attributes['k0']).length, 1_025);
    assert.deepEqual([span.events.length, span.links.length], [32, 16]);
  });

  it('has lower-case ids and times to the microsecond', () => {
    const span = only(exportOf([]));
    assert.equal(span.traceId, 'a'.repeat(32));
    assert.equal(span.durationMs, 2);
    assert.equal(span.startMs, 1_700_000_000_000);
  });

  it('does not hold on to the whole of a text of which it keeps the beginning', () => {
    const before = heapMiB();
    const kept = Array.from({ length: 50 }, (_, index) => {
      const text = JSON.parse(`"${String(index).padStart(2 ** 20, 'x')}"`) as string;
      return only(exportOf([{ key: 'sql', value: { stringValue: text } }]));
    });
    assert.ok(heapMiB() - before < 10, `${heapMiB() - before} MiB for ${kept.length} spans`);
  });

  it('may be named like a part of every object', () => {
    const { attributes } = only(exportOf([{ key: '__proto__', value: { stringValue: 'harmless' } }]));
    assert.deepEqual(Object.entries(attributes), [['__proto__', 'harmless']]);
  });
});
