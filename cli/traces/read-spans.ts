import type { XStatic } from 'typebox/schema';
import { isOfForm } from '../../app/contract/json-form.ts';
import { DarkroomError } from '../../app/errors.ts';
import { spanKinds } from './span.ts';
import type { Attributes, AttributeValue, KeptSpan } from './span.ts';

/** What is kept of one span at most; the rest is cut off. */
const attributesMax = 64;
const textLengthMax = 1_024;
const eventsMax = 32;
const linksMax = 16;

const AnyValue = {
  type: 'object',
  properties: {
    stringValue: { type: 'string' },
    boolValue: { type: 'boolean' },
    intValue: { anyOf: [{ type: 'string', pattern: '^-?\\d{1,19}$' }, { type: 'number' }] },
    doubleValue: { type: 'number' },
    arrayValue: {},
  },
} as const;
const KeyValues = {
  type: 'array',
  items: { type: 'object', properties: { key: { type: 'string' }, value: AnyValue } },
} as const;
/** Up to the year 2286, which any calendar has. */
const Nanoseconds = {
  anyOf: [
    { type: 'string', pattern: '^\\d{1,19}$' },
    { type: 'integer', minimum: 0, maximum: 1e19 },
  ],
} as const;
const TraceId = { type: 'string', pattern: '^[0-9a-fA-F]{32}$' } as const;
const SpanId = { type: 'string', pattern: '^[0-9a-fA-F]{16}$' } as const;

const Span = {
  type: 'object',
  required: ['traceId', 'spanId', 'startTimeUnixNano', 'endTimeUnixNano'],
  properties: {
    traceId: TraceId,
    spanId: SpanId,
    parentSpanId: { type: 'string', pattern: '^([0-9a-fA-F]{16})?$' },
    name: { type: 'string' },
    kind: { type: 'integer' },
    startTimeUnixNano: Nanoseconds,
    endTimeUnixNano: Nanoseconds,
    attributes: KeyValues,
    events: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          name: { type: 'string' },
          timeUnixNano: Nanoseconds,
          attributes: KeyValues,
        },
      },
    },
    links: {
      type: 'array',
      items: {
        type: 'object',
        required: ['traceId', 'spanId'],
        properties: { traceId: TraceId, spanId: SpanId },
      },
    },
    status: { type: 'object', properties: { message: { type: 'string' }, code: { type: 'integer' } } },
  },
} as const;
const Request = {
  type: 'object',
  properties: {
    resourceSpans: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          resource: { type: 'object', properties: { attributes: KeyValues } },
          scopeSpans: {
            type: 'array',
            items: {
              type: 'object',
              properties: {
                scope: { type: 'object', properties: { name: { type: 'string' } } },
                spans: { type: 'array', items: {} },
              },
            },
          },
        },
      },
    },
  },
} as const;

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

function keep(span: XStatic<typeof Span>, made: Attributes, scope: string): KeptSpan {
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

function readAttributes(pairs: XStatic<typeof KeyValues> | undefined): Attributes {
  return Object.fromEntries(
    (pairs ?? [])
      .slice(0, attributesMax)
      .flatMap(({ key = '', value }) => (value === undefined ? [] : [[cut(key), readValue(value)]])),
  ) as Record<string, AttributeValue>;
}

function readValue(value: XStatic<typeof AnyValue>): AttributeValue {
  if (value.stringValue !== undefined) return cut(value.stringValue);
  if (value.boolValue !== undefined) return value.boolValue;
  if (value.intValue !== undefined) return Number(value.intValue);
  if (value.doubleValue !== undefined) return value.doubleValue;
  return cut(JSON.stringify(value.arrayValue ?? null));
}
