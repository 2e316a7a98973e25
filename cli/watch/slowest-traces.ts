import type { SlowTrace } from '../live-page/page/live-facts.ts';
import type { TraceStore } from '../traces/trace-store.ts';

const tracesMax = 8;
const sharedForMs = 1_000;
/**
 * The time in which the slowest are looked for: what the charts beside them show. Where there are few traces,
 * the store holds hours, and the slowest would always be those of its start.
 */
const shownMs = 300_000;

/** The slowest of the last minutes. All pages that ask within a second share one answer: the store runs beside what is measured. */
export function shareSlowestTraces(
  store: Pick<TraceStore, 'query'>,
  /** Milliseconds since 1970. */
  now: () => number,
): () => readonly SlowTrace[] {
  let answer: readonly SlowTrace[] = [];
  let answeredAtMs = -Infinity;
  return () => {
    const nowMs = now();
    if (nowMs - answeredAtMs < sharedForMs) return answer;
    answeredAtMs = nowMs;
    const began = { fromMs: nowMs - shownMs, toMs: Infinity };
    answer = store.query({ order: 'slowest', limit: tracesMax, began }).map(({ traceId, root }) => ({
      traceId,
      title: `${root.name} · ${root.candidate} · ${root.replica}`,
      durationMs: root.durationMs,
    }));
    return answer;
  };
}
