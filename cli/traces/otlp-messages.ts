import protobuf from 'protobufjs';

type Field = { readonly id: number; readonly type: string; readonly rule?: 'repeated' };
type Fields = Readonly<Record<string, Field>>;

const one = (id: number, type: string): Field => ({ id, type });
const many = (id: number, type: string): Field => ({ id, type, rule: 'repeated' });

/**
 * The messages of OTLP's trace service, version 1, by the numbers of their fields; what is not kept is left out.
 * https://github.com/open-telemetry/opentelemetry-proto
 */
const messages: Readonly<Record<string, Fields>> = {
  ExportTraceServiceRequest: { resourceSpans: many(1, 'ResourceSpans') },
  ResourceSpans: { resource: one(1, 'Resource'), scopeSpans: many(2, 'ScopeSpans') },
  Resource: { attributes: many(1, 'KeyValue') },
  ScopeSpans: { scope: one(1, 'Scope'), spans: many(2, 'Span') },
  Scope: { name: one(1, 'string') },
  Span: {
    traceId: one(1, 'bytes'),
    spanId: one(2, 'bytes'),
    parentSpanId: one(4, 'bytes'),
    name: one(5, 'string'),
    kind: one(6, 'int32'),
    startTimeUnixNano: one(7, 'fixed64'),
    endTimeUnixNano: one(8, 'fixed64'),
    attributes: many(9, 'KeyValue'),
    events: many(11, 'Event'),
    links: many(13, 'Link'),
    status: one(15, 'Status'),
  },
  Event: { timeUnixNano: one(1, 'fixed64'), name: one(2, 'string'), attributes: many(3, 'KeyValue') },
  Link: { traceId: one(1, 'bytes'), spanId: one(2, 'bytes') },
  Status: { message: one(2, 'string'), code: one(3, 'int32') },
  KeyValue: { key: one(1, 'string'), value: one(2, 'AnyValue') },
  AnyValue: {
    stringValue: one(1, 'string'),
    boolValue: one(2, 'bool'),
    intValue: one(3, 'int64'),
    doubleValue: one(4, 'double'),
    arrayValue: one(5, 'ArrayValue'),
  },
  ArrayValue: { values: many(1, 'AnyValue') },
};

const root = protobuf.Root.fromJSON({
  nested: Object.fromEntries(Object.entries(messages).map(([name, fields]) => [name, { fields }])),
});
const requestType = root.lookupType('ExportTraceServiceRequest');

type Ids = {
  traceId?: Uint8Array | string;
  spanId?: Uint8Array | string;
  parentSpanId?: Uint8Array | string;
};
type Decoded = {
  readonly resourceSpans?: readonly {
    readonly scopeSpans?: readonly {
      readonly spans?: readonly (Ids & { readonly links?: readonly Ids[] })[];
    }[];
  }[];
};

/** The request in OTLP's JSON form: ids in hexadecimal, times as texts. Throws when the bytes are not one. */
export function decodeRequest(bytes: Uint8Array): unknown {
  const request = requestType.toObject(requestType.decode(bytes), { longs: String }) as Decoded;
  for (const { scopeSpans = [] } of request.resourceSpans ?? []) {
    for (const { spans = [] } of scopeSpans) {
      for (const span of spans) for (const ids of [span, ...(span.links ?? [])]) writeInHex(ids);
    }
  }
  return request;
}

function writeInHex(ids: Ids): void {
  for (const name of ['traceId', 'spanId', 'parentSpanId'] as const) {
    const bytes = ids[name];
    if (bytes instanceof Uint8Array) ids[name] = Buffer.from(bytes).toString('hex');
  }
}
