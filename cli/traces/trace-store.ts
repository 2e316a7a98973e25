import { createSpanCompactor } from './compact-span.ts';
import { bestOf, matches } from './select-traces.ts';
import type { TraceQuery } from './select-traces.ts';
import { traceOf } from './span.ts';
import type { KeptSpan, Trace } from './span.ts';

export type TraceCounts = { readonly kept: number; readonly dropped: number; readonly rejected: number };

/** The last traces, bounded: the oldest trace goes first, whole. */
export type TraceStore = {
  readonly add: (spans: readonly KeptSpan[], rejected: number) => void;
  readonly find: (traceId: string) => Trace | undefined;
  /** Ids that begin so. */
  readonly withPrefix: (prefix: string) => readonly string[];
  readonly query: (query: TraceQuery) => readonly Trace[];
  /** `kept`: ever taken in; `dropped`: of these, gone for room, or too many of one trace. */
  readonly counts: () => TraceCounts;
  readonly traces: () => number;
  /** Traces that began before may be gone for room; those that began later are here. */
  readonly forgottenUntilMs: () => number;
};

/** One trace may not push all others out. */
const spansPerTraceMax = 1_000;
/** Of Node's heap, beside its spans. */
const bytesOfTrace = 360;

type Held = {
  readonly traceId: string;
  readonly spans: KeptSpan[];
  bytes: number;
  /** What was last made of the spans; null since there are more. */
  trace: Trace | null;
  /**
   * Start and duration of the root of that trace, kept here since going through all traces is five times as fast when nothing
   * else of them is read.
   */
  startMs: number;
  durationMs: number;
};

/** The store counts about how much memory its spans take, within a quarter of what they really take. */
export function createTraceStore(bytesMax: number): TraceStore {
  const traces = new Map<string, Held>();
  const compact = createSpanCompactor();
  const counts = { kept: 0, dropped: 0, rejected: 0 };
  let bytesHeld = 0;
  let forgottenUntilMs = -Infinity;

  const dropOldest = (): void => {
    const [oldest] = traces.values();
    if (oldest === undefined) return;
    traces.delete(oldest.traceId);
    bytesHeld -= oldest.bytes;
    counts.dropped += oldest.spans.length;
    for (const { startMs } of oldest.spans) forgottenUntilMs = Math.max(forgottenUntilMs, startMs);
  };
  const addOne = (span: KeptSpan): void => {
    counts.kept += 1;
    const held = traces.get(span.traceId) ?? open(span.traceId);
    if (held.spans.length >= spansPerTraceMax) {
      counts.dropped += 1;
      return;
    }
    const { span: small, bytes } = compact(span, held.traceId);
    held.spans.push(small);
    held.trace = null;
    held.bytes += bytes;
    bytesHeld += bytes;
    while (bytesHeld > bytesMax) dropOldest();
  };
  const open = (traceId: string): Held => {
    const held: Held = { traceId, spans: [], bytes: bytesOfTrace, trace: null, startMs: 0, durationMs: 0 };
    traces.set(traceId, held);
    bytesHeld += bytesOfTrace;
    return held;
  };
  return {
    add(spans, rejected) {
      counts.rejected += rejected;
      for (const span of spans) addOne(span);
    },
    find: (traceId) => {
      const held = traces.get(traceId);
      return held === undefined ? undefined : look(held);
    },
    withPrefix: (prefix) => [...traces.keys()].filter((traceId) => traceId.startsWith(prefix)),
    query: (query) =>
      bestOf(traces.values(), query.limit, {
        rank: (held) => rankOf(held, query.order),
        accepts: (held) => matches(look(held), query),
      }).map(look),
    counts: () => ({ ...counts }),
    traces: () => traces.size,
    forgottenUntilMs: () => forgottenUntilMs,
  };
}

/**
 * Builds the trace of held spans, of which there is at least one, and keeps it: whoever asks every second
 * pays for new traces only.
 */
function look(held: Held): Trace {
  if (held.trace !== null) return held.trace;
  const trace = traceOf(held.spans) as Trace;
  held.trace = trace;
  held.startMs = trace.root.startMs;
  held.durationMs = trace.root.durationMs;
  return trace;
}

function rankOf(held: Held, order: TraceQuery['order']): number {
  if (held.trace === null) look(held);
  return order === 'newest' ? held.startMs : held.durationMs;
}
