import { summaryOf } from './span.ts';
import type { KeptSpan, TraceSummary } from './span.ts';
import type { TraceQuery } from './select-traces.ts';
import type { TraceStore } from './trace-store.ts';

/** Where our own commands ask a store of traces: in answers that stay small however much it holds. */
export const keptPath = '/kept';

/** Summaries in one answer. */
export const summariesMax = 1_000;
const idsMax = 4;

/** What begins as asked: how many traces, some of their ids, and the spans where it is one. */
export type KeptMatch = {
  readonly count: number;
  readonly traceIds: readonly string[];
  readonly spans: readonly KeptSpan[];
};

export function matchPrefix(store: TraceStore, prefix: string): KeptMatch {
  const traceIds = store.withPrefix(prefix.toLowerCase());
  const [only] = traceIds;
  return {
    count: traceIds.length,
    traceIds: traceIds.slice(0, idsMax),
    spans: only === undefined || traceIds.length > 1 ? [] : (store.find(only)?.spans ?? []),
  };
}

export function listSummaries(store: TraceStore, query: TraceQuery): readonly TraceSummary[] {
  return store.query(query).map(summaryOf);
}
