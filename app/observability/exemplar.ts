import { createWallClock } from '../clock.ts';

/**
 * An exemplar of OpenMetrics: it names the trace of one of the observations that a sample counts. Its time is in seconds since
 * 1970.
 */
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
