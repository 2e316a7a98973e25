import type { Attributes, Context, Link, SpanKind } from '@opentelemetry/api';
import { ExportResultCode } from '@opentelemetry/core';
import type { Sampler, SamplingResult, SpanExporter, SpanProcessor } from '@opentelemetry/sdk-trace';
import { SamplingDecision } from '@opentelemetry/sdk-trace';
import type { SpanCounts } from './metrics.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Counts spans where they pass: at the sampler, before the queue, and behind the exporter. */
export type SpanCounter = {
  readonly counts: () => SpanCounts;
  readonly aroundSampler: (sampler: Sampler) => Sampler;
  readonly aroundExporter: (exporter: SpanExporter) => SpanExporter;
  readonly aroundQueue: (processor: SpanProcessor) => SpanProcessor;
};

/** `queueSpansMax`: of the queue between; it drops what comes when it is full, and tells nobody. */
export function createSpanCounter(queueSpansMax: number): SpanCounter {
  const counts: Mutable<SpanCounts> = { started: 0, recorded: 0, exported: 0, dropped: 0 };
  let queued = 0;
  return {
    counts: () => ({ ...counts }),
    aroundSampler: (sampler) => ({
      shouldSample(
        context: Context,
        traceId: string,
        name: string,
        kind: SpanKind,
        attributes: Attributes,
        links: Link[],
      ): SamplingResult {
        const result = sampler.shouldSample(context, traceId, name, kind, attributes, links);
        counts.started += 1;
        if (result.decision === SamplingDecision.RECORD_AND_SAMPLED) counts.recorded += 1;
        return result;
      },
      toString: () => sampler.toString(),
    }),
    aroundQueue: (processor) => ({
      onStart: (span, parent) => processor.onStart(span, parent),
      onEnd(span) {
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
