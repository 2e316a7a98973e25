import { SpanStatusCode, trace } from '@opentelemetry/api';
import type { Span, Tracer } from '@opentelemetry/api';
import { createCacheSpans } from './cache-spans.ts';
import { sampledTraceId } from './tracing.ts';
import type { InOwnSpan, InSpan, SpanMaker, Tracing } from './tracing.ts';

/** All that makes spans of the work of this process, beside those of requests. */
export function createWorkSpans(
  maker: SpanMaker,
): Pick<Tracing, 'inSpan' | 'inOwnSpan' | 'cacheSpans' | 'currentTraceId'> {
  return {
    inSpan: createInSpan(maker.tracer),
    inOwnSpan: createInOwnSpan(maker.tracer),
    cacheSpans: (tiers) => createCacheSpans(maker, tiers),
    currentTraceId: () => sampledTraceId(trace.getActiveSpan()),
  };
}

function createInSpan(tracer: Tracer): InSpan {
  return (name, work) => {
    if (trace.getActiveSpan()?.isRecording() !== true) return work();
    return tracer.startActiveSpan(name, (span) => ended(span, work));
  };
}

function createInOwnSpan(tracer: Tracer): InOwnSpan {
  return (name, attributes, work) =>
    tracer.startActiveSpan(name, { root: true, attributes }, (span) => ended(span, work));
}

async function ended<T>(span: Span, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    span.setStatus({
      code: SpanStatusCode.ERROR,
      message: error instanceof Error ? error.name : 'failed',
    });
    throw error;
  } finally {
    span.end();
  }
}
