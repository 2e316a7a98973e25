import type { Histogram } from 'hdr-histogram-js';
import { createHistogram, quantileMs, recordUs } from '../statistics/histograms.ts';
import type { SentRequest } from './sent-requests.ts';

/** A second of a pass: how many of its requests stood there in the schedule, and their median response time. */
export type SecondOfRun = { readonly requests: number; readonly p50Us: number | null };

/** A stretch of time, milliseconds since 1970. */
export type Stretch = { readonly fromMs: number; readonly toMs: number };

/** What one world met in a pass, by itself. */
export type WorldFigures = {
  readonly requests: number;
  readonly errors: number;
  /** From sending on an open connection to the last byte: what k6 calls http_req_duration. */
  readonly responseTimeUs: Histogram;
  readonly meanUs: number | null;
  /** From the first planned start to the last answer; null when there was none. */
  readonly measured: Stretch | null;
  readonly seconds: readonly SecondOfRun[];
};

/** Gathers what one world met, request by request. */
export function createWorldFigures() {
  const responseTimeUs = createHistogram();
  const bySecond = new Map<number, Histogram>();
  let [requests, errors, sumUs] = [0, 0, 0];
  let [fromUs, toUs] = [Infinity, -Infinity];
  return {
    add(request: SentRequest, plannedUs: number, second: number): void {
      requests += 1;
      if (!request.isExpected) errors += 1;
      sumUs += request.durationUs;
      recordUs(responseTimeUs, request.durationUs);
      const histogram = bySecond.get(second) ?? createHistogram();
      bySecond.set(second, histogram);
      recordUs(histogram, request.durationUs);
      fromUs = Math.min(fromUs, plannedUs);
      toUs = Math.max(toUs, request.endUs);
    },
    finish: (seconds: number): WorldFigures => ({
      requests,
      errors,
      responseTimeUs,
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
