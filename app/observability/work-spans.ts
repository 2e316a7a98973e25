import { SpanStatusCode, trace } from '@opentelemetry/api';
import type { Span, Tracer } from '@opentelemetry/api';

/** Makes a span of work that is part of a request, where the request is recorded. */
export type InSpan = <T>(name: string, work: () => Promise<T>) => Promise<T>;

export const withoutSpan: InSpan = (_, work) => work();

/** Makes a trace of its own of work that nobody has asked for. */
export type InOwnSpan = <T>(
  name: string,
  attributes: Readonly<Record<string, string | number>>,
  work: () => Promise<T>,
) => Promise<T>;

export const withoutOwnSpan: InOwnSpan = (_name, _attributes, work) => work();

export function createInOwnSpan(tracer: Tracer): InOwnSpan {
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

export function createInSpan(tracer: Tracer): InSpan {
  return (name, work) => {
    if (trace.getActiveSpan()?.isRecording() !== true) return work();
    return tracer.startActiveSpan(name, (span) => ended(span, work));
  };
}
