/** A span as the store of traces tells it. */
export type StoredSpan = {
  readonly id: string;
  readonly parentId: string | null;
  readonly name: string;
  readonly kind: string;
  readonly candidate: string;
  readonly seconds: number;
  readonly tags: Readonly<Record<string, unknown>>;
};

type JaegerTags = readonly { readonly key: string; readonly value: unknown }[];
type JaegerSpan = {
  readonly spanID: string;
  readonly operationName: string;
  readonly duration: number;
  readonly references: readonly { readonly refType: string; readonly spanID: string }[];
  readonly processID: string;
  readonly tags: JaegerTags;
};
type JaegerTrace = {
  readonly spans: readonly JaegerSpan[];
  readonly processes: Readonly<Record<string, { readonly tags: JaegerTags }>>;
};

const namedValues = (tags: JaegerTags): Readonly<Record<string, unknown>> =>
  Object.fromEntries(tags.map(({ key, value }) => [key, value]));

/** The spans of a trace, in no order; null where the store does not have it. A parent that is not among them is nobody's. */
export async function readTrace(address: string, traceId: string): Promise<readonly StoredSpan[] | null> {
  const response = await fetch(`${address}/api/traces/${traceId}`);
  if (!response.ok) return null;
  const { data } = (await response.json()) as { data: JaegerTrace[] };
  return data.flatMap(({ spans, processes }) => {
    const ids = new Set(spans.map(({ spanID }) => spanID));
    return spans.map(({ spanID, operationName, duration, references, processID, tags }): StoredSpan => {
      const named = namedValues(tags);
      const parent = references.find(({ refType, spanID: id }) => refType === 'CHILD_OF' && ids.has(id));
      return {
        id: spanID,
        parentId: parent?.spanID ?? null,
        name: operationName,
        kind: String(named['span.kind']),
        candidate: String(namedValues(processes[processID]?.tags ?? [])['darkroom.candidate']),
        seconds: duration / 1e6,
        tags: named,
      };
    });
  });
}
