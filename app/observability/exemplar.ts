import { createWallClock } from '../clock.ts';

/** What OpenMetrics lets a sample say of one of the things that it counts: the trace to look at. Seconds since 1970. */
export type Exemplar = {
  readonly labelSet: { readonly trace_id: string };
  readonly value: number;
  readonly timestamp: number;
};

const wallClock = createWallClock();

export function createExemplar(traceId: string, value: number): Exemplar {
  const timestamp = wallClock.now() / 1000;
  return { labelSet: { trace_id: traceId }, value, timestamp };
}
