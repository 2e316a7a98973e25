import type { Options } from 'k6/options';
import { displacementWidthMs } from '../workloads/arrivals.ts';
import { requestCount, virtualUsers } from '../workloads/run-settings.ts';
import type { RunSettings } from '../workloads/run-settings.ts';

/** Time from the start of k6's schedule to the first request: connections and clocks are ready by then. */
const gracefulStop = '6s';

/**
 * Open loop: requests start on schedule whatever the answers do. One k6 scenario for the whole run, so that the measured part
 * finds the connections of the settle part; the pool never grows, because a late virtual user is a dropped arrival.
 */
export function openLoop(settings: RunSettings): Options {
  const users = virtualUsers(settings, displacementWidthMs(settings.ratePerSecond));
  return {
    scenarios: {
      load: {
        executor: 'constant-arrival-rate',
        rate: Math.round(settings.ratePerSecond * 1000),
        timeUnit: '1000s',
        duration: `${Math.round((requestCount(settings) * 1000) / settings.ratePerSecond)}ms`,
        preAllocatedVUs: users,
        maxVUs: users,
        gracefulStop,
      },
    },
    discardResponseBodies: true,
    maxRedirects: 0,
    systemTags: ['status', 'name', 'scenario', 'expected_response', 'error_code'],
    summaryTrendStats: ['min', 'med', 'avg', 'p(90)', 'p(95)', 'p(99)', 'max', 'count'],
    thresholds: { dropped_iterations: ['count<1'], checks: ['rate>0.99'], iteration_errors: ['count<1'] },
  };
}
