import { ExportResultCode } from '@opentelemetry/core';
import type { SpanExporter, SpanProcessor } from '@opentelemetry/sdk-trace';
import type { SpanCounts } from './metrics.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Counts spans where they pass: before the queue, and behind the exporter. */
export type SpanCounter = {
  readonly counts: () => SpanCounts;
  readonly aroundExporter: (exporter: SpanExporter) => SpanExporter;
  readonly aroundQueue: (processor: SpanProcessor) => SpanProcessor;
};

/**
 * `queueSpansMax`: how many spans the queue between the two holds. It drops what comes when it is full, and tells nobody of it.
 */
export function createSpanCounter(queueSpansMax: number): SpanCounter {
  const counts: Mutable<SpanCounts> = { recorded: 0, exported: 0, dropped: 0 };
  let queued = 0;
  return {
    counts: () => ({ ...counts }),
    aroundQueue: (processor) => ({
      onStart: (span, parent) => processor.onStart(span, parent),
      onEnd(span) {
        counts.recorded += 1;
        if (queued >= queueSpansMax) counts.dropped += 1;
        else queued += 1;
        processor.onEnd(span);
      },
      forceFlush: () => processor.forceFlush(),
      shutdown: () => processor.shutdown(),
    }),
    aroundExporter: (exporter) => ({
      export(spans, done) {
        queued = Math.max(0, queued - spans.length);
        exporter.export(spans, (result) => {
          counts[result.code === ExportResultCode.SUCCESS ? 'exported' : 'dropped'] += spans.length;
          done(result);
        });
      },
      forceFlush: async () => exporter.forceFlush?.(),
      shutdown: () => exporter.shutdown(),
    }),
  };
}
