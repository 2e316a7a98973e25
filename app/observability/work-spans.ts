import { SpanStatusCode, trace } from '@opentelemetry/api';
import type { Tracer } from '@opentelemetry/api';

/** Makes a span of work that is part of a request, where the request is recorded. */
export type InSpan = <T>(name: string, work: () => Promise<T>) => Promise<T>;

export const withoutSpan: InSpan = (_, work) => work();

export function createInSpan(tracer: Tracer): InSpan {
  return (name, work) => {
    if (trace.getActiveSpan()?.isRecording() !== true) return work();
    return tracer.startActiveSpan(name, async (span) => {
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
    });
  };
}
