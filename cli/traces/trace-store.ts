import { traceOf } from './span.ts';
import type { KeptSpan, Trace } from './span.ts';

/** Which traces are asked for. All of it must hold. */
export type TraceQuery = {
  readonly order: 'newest' | 'slowest';
  readonly limit: number;
  readonly service?: string;
  /** The name of the root, or a part of it. */
  readonly name?: string;
  readonly minDurationMs?: number;
  readonly isError?: boolean;
  readonly candidate?: string;
};

export type TraceCounts = { readonly kept: number; readonly dropped: number; readonly rejected: number };

/** The last traces, bounded: the oldest trace goes first, whole. */
export type TraceStore = {
  readonly add: (spans: readonly KeptSpan[], rejected: number) => void;
  readonly find: (traceId: string) => Trace | undefined;
  /** Ids that begin so. */
  readonly withPrefix: (prefix: string) => readonly string[];
  readonly query: (query: TraceQuery) => readonly Trace[];
  readonly services: () => readonly string[];
  readonly operations: (service: string) => readonly string[];
  /** `kept`: ever taken in; `dropped`: of these, gone for room, or too many of one trace. */
  readonly counts: () => TraceCounts;
  readonly traces: () => number;
};

/** One trace may not push all others out. */
const spansPerTraceMax = 1_000;

export function createTraceStore(spansMax: number): TraceStore {
  const traces = new Map<string, KeptSpan[]>();
  const counts = { kept: 0, dropped: 0, rejected: 0 };
  let held = 0;

  const dropOldest = (): void => {
    const [oldest] = traces;
    if (oldest === undefined) return;
    traces.delete(oldest[0]);
    held -= oldest[1].length;
    counts.dropped += oldest[1].length;
  };
  const addOne = (span: KeptSpan): void => {
    counts.kept += 1;
    const known = traces.get(span.traceId) ?? [];
    if (known.length >= spansPerTraceMax) {
      counts.dropped += 1;
      return;
    }
    known.push(span);
    traces.set(span.traceId, known);
    held += 1;
    while (held > spansMax) dropOldest();
  };
  const find = (traceId: string): Trace | undefined => traceOf(traces.get(traceId) ?? []);
  return {
    add(spans, rejected) {
      counts.rejected += rejected;
      for (const span of spans) addOne(span);
    },
    find,
    withPrefix: (prefix) => [...traces.keys()].filter((traceId) => traceId.startsWith(prefix)),
    query: (query) =>
      selectTraces(
        [...traces.keys()].flatMap((traceId) => find(traceId) ?? []),
        query,
      ),
    services: () => [...new Set([...allSpans(traces)].map(({ service }) => service))].toSorted(),
    operations: (service) =>
      [
        ...new Set([...allSpans(traces)].flatMap((span) => (span.service === service ? [span.name] : []))),
      ].toSorted(),
    counts: () => ({ ...counts }),
    traces: () => traces.size,
  };
}

function* allSpans(traces: ReadonlyMap<string, readonly KeptSpan[]>): Generator<KeptSpan> {
  for (const spans of traces.values()) yield* spans;
}

/** Those that the query asks for, in its order. */
export function selectTraces(traces: readonly Trace[], query: TraceQuery): readonly Trace[] {
  const { service, name, minDurationMs = 0, isError, candidate } = query;
  const matching = traces.filter(
    ({ root, spans }) =>
      (service === undefined || spans.some((span) => span.service === service)) &&
      (name === undefined || root.name.includes(name)) &&
      (candidate === undefined || root.candidate === candidate) &&
      root.durationMs >= minDurationMs &&
      (isError !== true || spans.some((span) => span.isError)),
  );
  const rank = ({ root }: Trace): number => (query.order === 'newest' ? root.startMs : root.durationMs);
  const ordered = matching.toSorted((a, b) => rank(b) - rank(a));
  return ordered.slice(0, query.limit);
}
