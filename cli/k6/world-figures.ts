import type { Histogram } from 'hdr-histogram-js';
import { createHistogram, quantileMs, recordUs } from '../statistics/histograms.ts';
import type { SentRequest } from './sent-requests.ts';
import { timedOperations } from './timed-operations.ts';

/** A second of a pass: how many of its requests stood there in the schedule, and their median response time. */
export type SecondOfRun = { readonly requests: number; readonly p50Us: number | null };

/** A stretch of time, milliseconds since 1970. */
export type Stretch = { readonly fromMs: number; readonly toMs: number };

/** What one world met in a pass, by itself. */
export type WorldFigures = {
  readonly requests: number;
  readonly errors: number;
  /** Requests that were sent again to a replica, since the edge had not answered them. */
  readonly pastEdge: number;
  /** From sending on an open connection to the last byte: what k6 calls http_req_duration. */
  readonly responseTimeUs: Histogram;
  /** The same of the operations that a figure asks for alone, by their names. */
  readonly operationTimesUs: Readonly<Record<string, Histogram>>;
  readonly meanUs: number | null;
  /** From the first planned start to the last answer; null when there was none. */
  readonly measured: Stretch | null;
  readonly seconds: readonly SecondOfRun[];
};

/** Gathers what one world met, request by request. */
export function createWorldFigures() {
  const responseTimeUs = createHistogram();
  const bySecond = new Map<number, Histogram>();
  const byOperation = new Map<string, Histogram>();
  let [requests, errors, pastEdge, sumUs] = [0, 0, 0, 0];
  let [fromUs, toUs] = [Infinity, -Infinity];
  return {
    add(request: SentRequest, plannedUs: number, second: number): void {
      requests += 1;
      if (!request.isExpected) errors += 1;
      if (request.isPastEdge) pastEdge += 1;
      sumUs += request.durationUs;
      recordUs(responseTimeUs, request.durationUs);
      recordIn(bySecond, second, request.durationUs);
      const { operation } = request;
      if (operation !== null && timedOperations.has(operation))
        recordIn(byOperation, operation, request.durationUs);
      fromUs = Math.min(fromUs, plannedUs);
      toUs = Math.max(toUs, request.endUs);
    },
    finish: (seconds: number): WorldFigures => ({
      requests,
      errors,
      pastEdge,
      responseTimeUs,
      operationTimesUs: Object.fromEntries(byOperation),
      meanUs: requests === 0 ? null : sumUs / requests,
      measured: requests === 0 ? null : { fromMs: fromUs / 1000, toMs: toUs / 1000 },
      seconds: Array.from({ length: seconds }, (_, second) => {
        const histogram = bySecond.get(second) ?? null;
        const p50 = quantileMs(histogram, 0.5);
        return { requests: histogram?.totalCount ?? 0, p50Us: p50 === null ? null : p50 * 1000 };
      }),
    }),
  };
}

function recordIn<Key>(histograms: Map<Key, Histogram>, key: Key, us: number): void {
  const histogram = histograms.get(key) ?? createHistogram();
  histograms.set(key, histogram);
  recordUs(histogram, us);
}
