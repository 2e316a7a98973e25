/** What OpenMetrics lets a sample say of one of the things that it counts: the trace to look at. Seconds since 1970. */
export type Exemplar = {
  readonly labelSet: { readonly trace_id: string };
  readonly value: number;
  readonly timestamp: number;
};

export function createExemplar(traceId: string, value: number): Exemplar {
  const timestamp = (performance.timeOrigin + performance.now()) / 1000;
  return { labelSet: { trace_id: traceId }, value, timestamp };
}
