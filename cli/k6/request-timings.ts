import type { Histogram } from 'hdr-histogram-js';
import { plannedStartMs } from '../../loadtests/workloads/arrivals.ts';
import { firstMeasuredIndex, requestCount } from '../../loadtests/workloads/run-settings.ts';
import type { RunSettings } from '../../loadtests/workloads/run-settings.ts';
import {
  beyondPerBlockMin,
  createHistogram,
  isQuantileKnown,
  quantileMs,
  recordUs,
} from '../statistics/histograms.ts';
import type { SampleRow } from './sample-rows.ts';

/** A second of a run: how many requests ended their plan in it, and their median response time. */
export type SecondOfRun = { readonly requests: number; readonly p50Us: number | null };

/** A stretch of time, milliseconds since 1970. */
export type Stretch = { readonly fromMs: number; readonly toMs: number };

/** What the samples of a run say. Counts are of the measured part, except where they say otherwise. */
export type RequestTimings = {
  readonly started: number;
  readonly errors: number;
  /** From the intended start to the end. */
  readonly responseTimeUs: Histogram;
  /** From the first byte sent to the end. */
  readonly serviceTimeUs: Histogram;
  /** How late requests started: p99, or p95 where too few requests lie beyond p99 for it to mean anything. */
  readonly schedulingLagMs: number | null;
  /** From the first intended start to the last answer of a measured request; null when there was none. */
  readonly measured: Stretch | null;
  readonly droppedInRun: number;
  readonly startedInRun: number;
  readonly peakBusyVus: number | null;
  readonly seconds: readonly SecondOfRun[];
};

type Request = { endUs: number; durationUs: number; blockedUs: number; isExpected: boolean };

/** Collects the samples of one run, request by request. */
export function createTimings(settings: RunSettings): {
  add(row: SampleRow): void;
  finish(): RequestTimings;
} {
  const requests = new Map<number, Request>();
  let dropped = 0;
  const requestOf = (index: number): Request => {
    const known = requests.get(index);
    if (known !== undefined) return known;
    const fresh: Request = { endUs: Number.NaN, durationUs: 0, blockedUs: 0, isExpected: false };
    requests.set(index, fresh);
    return fresh;
  };
  return {
    add({ metric, timestampUs, value, index, isExpected }) {
      if (metric === 'dropped_iterations') dropped += value;
      if (index === null) return;
      if (metric === 'http_req_duration') {
        Object.assign(requestOf(index), { endUs: timestampUs, durationUs: value * 1000, isExpected });
      }
      if (metric === 'http_req_blocked') requestOf(index).blockedUs = value * 1000;
    },
    finish: () => summarise(settings, requests, dropped),
  };
}

function summarise(
  settings: RunSettings,
  requests: ReadonlyMap<number, Request>,
  dropped: number,
): RequestTimings {
  const { arrivals, seed, pass, ratePerSecond } = settings;
  const plannedUs = (index: number): number =>
    plannedStartMs(arrivals, seed, pass, index, ratePerSecond) * 1000;
  const ended = [...requests].filter(([, request]) => !Number.isNaN(request.endUs));
  const startUs = (request: Request): number => request.endUs - request.durationUs - request.blockedUs;
  // k6 tells scripts the start of its schedule in whole milliseconds only. The request that was least late against its plan
  // gives it to some tens of microseconds: nothing starts before its time.
  const originUs = ended.reduce(
    (least, [index, request]) => Math.min(least, startUs(request) - plannedUs(index)),
    Infinity,
  );
  const responseTimeUs = createHistogram();
  const serviceTimeUs = createHistogram();
  const lagUs = createHistogram();
  const bySecond = new Map<number, Histogram>();
  const first = firstMeasuredIndex(settings);
  let errors = 0;
  let started = 0;
  let [measuredFromUs, measuredToUs] = [Infinity, -Infinity];
  for (const [index, request] of ended) {
    const intendedUs = originUs + plannedUs(index);
    const second = Math.floor((index * 1000) / ratePerSecond / 1000);
    const histogram = bySecond.get(second) ?? createHistogram();
    bySecond.set(second, histogram);
    recordUs(histogram, request.endUs - intendedUs);
    if (index < first) continue;
    started += 1;
    measuredFromUs = Math.min(measuredFromUs, intendedUs);
    measuredToUs = Math.max(measuredToUs, request.endUs);
    if (!request.isExpected) errors += 1;
    recordUs(responseTimeUs, request.endUs - intendedUs);
    recordUs(serviceTimeUs, request.durationUs);
    recordUs(lagUs, startUs(request) - intendedUs);
  }
  const seconds = Array.from(
    { length: Math.ceil(requestCount(settings) / ratePerSecond) },
    (_, second): SecondOfRun => {
      const histogram = bySecond.get(second);
      const p50 = quantileMs(histogram ?? null, 0.5);
      return { requests: histogram?.totalCount ?? 0, p50Us: p50 === null ? null : p50 * 1000 };
    },
  );
  return {
    started,
    errors,
    responseTimeUs,
    serviceTimeUs,
    schedulingLagMs: quantileMs(lagUs, isQuantileKnown(started, 0.99, beyondPerBlockMin) ? 0.99 : 0.95),
    measured: started === 0 ? null : { fromMs: measuredFromUs / 1000, toMs: measuredToUs / 1000 },
    droppedInRun: dropped,
    startedInRun: ended.length,
    // A virtual user is busy from its place in the lattice on: it sleeps until the displaced start.
    peakBusyVus: peakOverlap(
      ended.map(([index, request]) => [originUs + (index * 1e6) / ratePerSecond, request.endUs]),
    ),
    seconds,
  };
}

/** The most requests that were under way at once; null without any. */
function peakOverlap(spans: readonly (readonly [number, number])[]): number | null {
  if (spans.length === 0) return null;
  const edges = spans.flatMap(([from, to]) => [
    { at: from, change: 1 },
    { at: to, change: -1 },
  ]);
  edges.sort((a, b) => a.at - b.at || a.change - b.change);
  let now = 0;
  let peak = 0;
  for (const { change } of edges) {
    now += change;
    peak = Math.max(peak, now);
  }
  return peak;
}
