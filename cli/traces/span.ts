export type AttributeValue = string | number | boolean;
export type Attributes = Readonly<Record<string, AttributeValue>>;

/** A span as it is kept: what a waterfall needs, within bounds. Times are milliseconds since 1970, with fractions. */
export type KeptSpan = {
  /** Lower-case hexadecimal, as are the other ids. */
  readonly traceId: string;
  readonly spanId: string;
  /** Null for a root. The parent may be somebody else's, and not be here. */
  readonly parentSpanId: string | null;
  readonly name: string;
  readonly kind: SpanKindName;
  readonly startMs: number;
  readonly durationMs: number;
  readonly attributes: Attributes;
  readonly events: readonly {
    readonly name: string;
    readonly atMs: number;
    readonly attributes: Attributes;
  }[];
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
  readonly isError: boolean;
  readonly errorMessage: string;
  readonly service: string;
  /** The process that made it: `service.instance.id`. */
  readonly replica: string;
  readonly candidate: string;
  /** The library that made it. */
  readonly scope: string;
};

/** In the order of OTLP's numbers. */
export const spanKinds = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'] as const;
export type SpanKindName = (typeof spanKinds)[number];

/** The spans of one request, wherever they were made. */
export type Trace = {
  readonly traceId: string;
  readonly spans: readonly KeptSpan[];
  /** Where it begins: the first span whose parent is not here. */
  readonly root: KeptSpan;
};

/** What a list says of a trace. */
export type TraceSummary = {
  readonly traceId: string;
  readonly name: string;
  readonly durationMs: number;
  readonly startMs: number;
  readonly candidate: string;
  readonly replica: string;
  /** How many. */
  readonly spans: number;
};

export function summaryOf({ traceId, root, spans }: Trace): TraceSummary {
  const { name, durationMs, startMs, candidate, replica } = root;
  return { traceId, name, durationMs, startMs, candidate, replica, spans: spans.length };
}

/** A trace of these spans, in the order of their start; undefined for none. */
export function traceOf(spans: readonly KeptSpan[]): Trace | undefined {
  const sorted = spans.toSorted((a, b) => a.startMs - b.startMs);
  const ids = new Set(sorted.map(({ spanId }) => spanId));
  const isRoot = ({ parentSpanId }: KeptSpan): boolean => parentSpanId === null || !ids.has(parentSpanId);
  // A request's own span before what came to other replicas of it.
  const root =
    sorted.find((span) => isRoot(span) && span.kind === 'server') ?? sorted.find(isRoot) ?? sorted[0];
  return root === undefined ? undefined : { traceId: root.traceId, spans: sorted, root };
}
