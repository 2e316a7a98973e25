import type { SlowTrace } from '../live-page/page/live-facts.ts';
import type { TraceStore } from '../traces/trace-store.ts';

const tracesMax = 8;
const sharedForMs = 1_000;

/** The slowest of the last minutes. All pages that ask within a second share one answer: the store runs beside what is measured. */
export function shareSlowestTraces(
  store: Pick<TraceStore, 'query'>,
  now: () => number,
): () => readonly SlowTrace[] {
  let answer: readonly SlowTrace[] = [];
  let answeredAtMs = -Infinity;
  return () => {
    const nowMs = now();
    if (nowMs - answeredAtMs < sharedForMs) return answer;
    answeredAtMs = nowMs;
    answer = store.query({ order: 'slowest', limit: tracesMax }).map(({ traceId, root }) => ({
      traceId,
      title: `${root.name} · ${root.candidate} · ${root.replica}`,
      durationMs: root.durationMs,
    }));
    return answer;
  };
}
