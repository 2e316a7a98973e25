import type { Attributes, KeptSpan, Trace } from './span.ts';

/**
 * A trace as Jaeger's query service answers it, which Grafana's Jaeger data source reads
 * (https://www.jaegertracing.io/docs/2.0/apis/). Times are microseconds.
 */
export function toJaeger({ traceId, spans }: Trace) {
  const processOf = new Map<string, string>();
  const processes: Record<string, { serviceName: string; tags: readonly JaegerTag[] }> = {};
  for (const { service, replica, candidate } of spans) {
    const key = `${service}\n${replica}`;
    if (processOf.has(key)) continue;
    const id = `p${processOf.size + 1}`;
    processOf.set(key, id);
    processes[id] = {
      serviceName: service,
      tags: tagsOf({ 'service.instance.id': replica, 'darkroom.candidate': candidate }),
    };
  }
  return {
    traceID: traceId,
    spans: spans.map((span) => toJaegerSpan(span, processOf.get(`${span.service}\n${span.replica}`) ?? '')),
    processes,
    warnings: null,
  };
}

type JaegerTag = {
  readonly key: string;
  readonly type: 'string' | 'bool' | 'float64';
  readonly value: string | number | boolean;
};

const microseconds = (ms: number): number => Math.round(ms * 1_000);

function tagsOf(attributes: Attributes): JaegerTag[] {
  return Object.entries(attributes).map(([key, value]) => ({
    key,
    type: typeof value === 'string' ? 'string' : typeof value === 'boolean' ? 'bool' : 'float64',
    value,
  }));
}

function toJaegerSpan(span: KeptSpan, processID: string) {
  const { traceId, spanId, parentSpanId, links } = span;
  const parent =
    parentSpanId === null ? [] : [{ refType: 'CHILD_OF', traceID: traceId, spanID: parentSpanId }];
  return {
    traceID: traceId,
    spanID: spanId,
    operationName: span.name,
    references: [
      ...parent,
      ...links.map((link) => ({ refType: 'FOLLOWS_FROM', traceID: link.traceId, spanID: link.spanId })),
    ],
    startTime: microseconds(span.startMs),
    duration: microseconds(span.durationMs),
    tags: [
      ...tagsOf(span.attributes),
      ...tagsOf({
        'span.kind': span.kind,
        'otel.scope.name': span.scope,
        ...(span.isError && { error: true }),
      }),
    ],
    logs: span.events.map(({ name, atMs, attributes }) => ({
      timestamp: microseconds(atMs),
      fields: tagsOf({ event: name, ...attributes }),
    })),
    processID,
    warnings: null,
  };
}
