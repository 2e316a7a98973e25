import { cacheRatios } from '../cache-ratios.ts';
import { createPromql } from '../promql.ts';
import { burnRecordings } from './burn-rates.ts';
import type { RecordingRule } from './rule.ts';
import { secondsOf, timings } from './timing.ts';
import type { Timing } from './timing.ts';

const by = ['candidate'] as const;

/** Names of the ratios that are recorded, by the window of their rates. */
export function recordedNames(window: string) {
  const named = (thing: string, operation = 'ratio'): string =>
    `candidate:${thing}:${operation}_rate${window}`;
  return {
    requests: named('http_server_requests', 'sum'),
    hitRatio: named('cache_hits'),
    originOffload: named('cache_origin_offload'),
    loadsPerRead: named('cache_loads_per_read'),
    staleShare: named('cache_stale_hits'),
    tierFailures: named('cache_tier_failures'),
    queries: named('db_client_operations', 'sum'),
    loads: named('cache_loads', 'sum'),
    loadsInFlightPeak: `candidate:cache_loads_inflight_peak:max${window}`,
    offered: named('load_requests_offered', 'sum'),
    succeeded: named('load_requests_succeeded', 'sum'),
  } as const;
}

/** The ratios of caches, defined once and recorded for the window of these alerts. */
function cacheRecordings({ window }: Timing): RecordingRule[] {
  const promql = createPromql({ window });
  const ratios = cacheRatios(promql);
  const names = recordedNames(window);
  const failed = { cache_result: { anyOf: ['error', 'refused'] } } as const;
  const operations = promql.observations('cacheOperationDuration', { by });
  const peak = promql.value('cacheLoadsInFlightPeak');
  const failures = promql.observations('cacheOperationDuration', { by, where: failed });
  return [
    { record: names.requests, expr: promql.observations('requestDuration', { by }) },
    { record: names.hitRatio, expr: ratios.hitRatio },
    { record: names.originOffload, expr: ratios.originOffload },
    { record: names.loadsPerRead, expr: `1 - ${names.originOffload}` },
    { record: names.staleShare, expr: ratios.staleShare },
    { record: names.tierFailures, expr: `(${failures} or 0 * ${operations}) / (${operations} > 0)` },
    { record: names.queries, expr: promql.observations('storageDuration', { by }) },
    { record: names.loads, expr: promql.observations('cacheLoadDuration', { by }) },
    { record: names.loadsInFlightPeak, expr: `sum by (candidate) (max_over_time(${peak}[${window}]))` },
    { record: names.offered, expr: promql.rate('loadOffered', { by }) },
    { record: names.succeeded, expr: promql.rate('loadRequests', { by, where: { outcome: 'ok' } }) },
  ];
}

export type RecordingGroup = {
  readonly name: string;
  /** Absent: as often as Prometheus evaluates rules. */
  readonly interval?: string;
  readonly rules: readonly RecordingRule[];
};

/** Windows of hours hold many samples and change little within a minute. */
const longFromSeconds = 3_600;
const longInterval = '1m';

/** What is recorded for the alerts of one timing. */
export function recordingGroups(timing: Timing): readonly RecordingGroup[] {
  const windows = [...new Set(timing.burnWindows.flatMap(({ long, short }) => [long, short]))];
  const isLong = (window: string): boolean => secondsOf(window) >= longFromSeconds;
  const long = windows.filter(isLong);
  const short = windows.filter((window) => !isLong(window));
  return [
    { name: 'darkroom-caches', rules: cacheRecordings(timing) },
    { name: 'darkroom-objectives', rules: burnRecordings(short) },
    ...(long.length === 0
      ? []
      : [{ name: 'darkroom-objectives-long', interval: longInterval, rules: burnRecordings(long) }]),
  ];
}

/** Everything that some timing records. */
export function recordingRules(): readonly RecordingGroup[] {
  return timings.flatMap(recordingGroups);
}
