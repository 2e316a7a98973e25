import { Type } from 'typebox';
import type { Static } from 'typebox';
import { isOfForm } from '../../app/contract/json-form.ts';
import { DarkroomError } from '../../app/errors.ts';
import { spanKinds } from './span.ts';
import type { Attributes, AttributeValue, KeptSpan } from './span.ts';

/** What is kept of one span at most; the rest is cut off. */
const attributesMax = 64;
const textLengthMax = 1_024;
const eventsMax = 32;
const linksMax = 16;

const AnyValue = Type.Object({
  stringValue: Type.Optional(Type.String()),
  boolValue: Type.Optional(Type.Boolean()),
  intValue: Type.Optional(Type.Union([Type.String({ pattern: '^-?\\d{1,19}$' }), Type.Number()])),
  doubleValue: Type.Optional(Type.Number()),
  arrayValue: Type.Optional(Type.Unknown()),
});
const KeyValues = Type.Optional(
  Type.Array(Type.Object({ key: Type.Optional(Type.String()), value: Type.Optional(AnyValue) })),
);
/** Up to the year 2286, which any calendar has. */
const Nanoseconds = Type.Union([
  Type.String({ pattern: '^\\d{1,19}$' }),
  Type.Integer({ minimum: 0, maximum: 1e19 }),
]);
const TraceId = Type.String({ pattern: '^[0-9a-fA-F]{32}$' });
const SpanId = Type.String({ pattern: '^[0-9a-fA-F]{16}$' });

const Span = Type.Object({
  traceId: TraceId,
  spanId: SpanId,
  parentSpanId: Type.Optional(Type.String({ pattern: '^([0-9a-fA-F]{16})?$' })),
  name: Type.Optional(Type.String()),
  kind: Type.Optional(Type.Integer()),
  startTimeUnixNano: Nanoseconds,
  endTimeUnixNano: Nanoseconds,
  attributes: KeyValues,
  events: Type.Optional(
    Type.Array(
      Type.Object({
        name: Type.Optional(Type.String()),
        timeUnixNano: Type.Optional(Nanoseconds),
        attributes: KeyValues,
      }),
    ),
  ),
  links: Type.Optional(Type.Array(Type.Object({ traceId: TraceId, spanId: SpanId }))),
  status: Type.Optional(
    Type.Object({ message: Type.Optional(Type.String()), code: Type.Optional(Type.Integer()) }),
  ),
});
const Request = Type.Object({
  resourceSpans: Type.Optional(
    Type.Array(
      Type.Object({
        resource: Type.Optional(Type.Object({ attributes: KeyValues })),
        scopeSpans: Type.Optional(
          Type.Array(
            Type.Object({
              scope: Type.Optional(Type.Object({ name: Type.Optional(Type.String()) })),
              spans: Type.Optional(Type.Array(Type.Unknown())),
            }),
          ),
        ),
      }),
    ),
  ),
});

/** What a request brought: the spans that can be kept, and how many cannot. */
export type ReadSpans = { readonly spans: readonly KeptSpan[]; readonly rejected: number };

/** Reads OTLP's JSON form (https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding). Throws INVALID_REQUEST. */
export function readSpans(request: unknown): ReadSpans {
  if (!isOfForm(Request, request))
    throw new DarkroomError('INVALID_REQUEST', 'This is no export of traces (OTLP).');
  const spans: KeptSpan[] = [];
  let rejected = 0;
  for (const { resource, scopeSpans = [] } of request.resourceSpans ?? []) {
    const made = readAttributes(resource?.attributes);
    for (const { scope, spans: raw = [] } of scopeSpans) {
      for (const span of raw) {
        if (isOfForm(Span, span)) spans.push(keep(span, made, cut(scope?.name ?? '')));
        else rejected += 1;
      }
    }
  }
  return { spans, rejected };
}

function keep(span: Static<typeof Span>, made: Attributes, scope: string): KeptSpan {
  const startMs = toMs(span.startTimeUnixNano);
  const text = (name: string): string => (Object.hasOwn(made, name) ? String(made[name]) : '');
  return {
    traceId: span.traceId.toLowerCase(),
    spanId: span.spanId.toLowerCase(),
    parentSpanId: span.parentSpanId ? span.parentSpanId.toLowerCase() : null,
    name: cut(span.name ?? ''),
    kind: spanKinds[span.kind ?? 0] ?? 'unspecified',
    startMs,
    durationMs: Math.max(0, toMs(span.endTimeUnixNano) - startMs),
    attributes: readAttributes(span.attributes),
    events: (span.events ?? []).slice(0, eventsMax).map(({ name = '', timeUnixNano = 0, attributes }) => ({
      name: cut(name),
      atMs: toMs(timeUnixNano),
      attributes: readAttributes(attributes),
    })),
    links: (span.links ?? []).slice(0, linksMax).map(({ traceId, spanId }) => ({
      traceId: traceId.toLowerCase(),
      spanId: spanId.toLowerCase(),
    })),
    isError: span.status?.code === 2,
    errorMessage: cut(span.status?.message ?? ''),
    service: text('service.name'),
    replica: text('service.instance.id'),
    candidate: text('darkroom.candidate'),
    scope,
  };
}

/** To the microsecond: a number has no room for the nanoseconds of today. */
function toMs(nanoseconds: string | number): number {
  return Number(BigInt(nanoseconds) / 1_000n) / 1_000;
}

/** A part of a text holds on to all of it, unless it is copied. */
function cut(text: string): string {
  return text.length > textLengthMax ? Buffer.from(`${text.slice(0, textLengthMax)}…`).toString() : text;
}

function readAttributes(pairs: Static<typeof KeyValues> | undefined): Attributes {
  return Object.fromEntries(
    (pairs ?? [])
      .slice(0, attributesMax)
      .flatMap(({ key = '', value }) => (value === undefined ? [] : [[cut(key), readValue(value)]])),
  ) as Record<string, AttributeValue>;
}

function readValue(value: Static<typeof AnyValue>): AttributeValue {
  if (value.stringValue !== undefined) return cut(value.stringValue);
  if (value.boolValue !== undefined) return value.boolValue;
  if (value.intValue !== undefined) return Number(value.intValue);
  if (value.doubleValue !== undefined) return value.doubleValue;
  return cut(JSON.stringify(value.arrayValue ?? null));
}
