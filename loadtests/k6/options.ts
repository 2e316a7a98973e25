import type { Options, Scenario } from 'k6/options';
import { displacementWidthMs } from '../workloads/arrivals.ts';
import { arrivalCount, arrivalRate, virtualUsers } from '../workloads/run-settings.ts';
import type { RunSettings } from '../workloads/run-settings.ts';

/** How long k6 waits at the end for what is under way: a displaced request for its start, then as long as `send.ts` lets an answer take. */
const gracefulStop = '6s';

/**
 * One k6 scenario for the whole run, so that all requests of all worlds share the same virtual users and their connections.
 * Thresholds judge a scenario that is run alone; the command line judges by the samples.
 */
export function optionsOf(settings: RunSettings): Options {
  return {
    scenarios: { load: settings.closedLoopUsers === undefined ? openLoop(settings) : closedLoop(settings) },
    discardResponseBodies: true,
    maxRedirects: 0,
    // A virtual user keeps as many idle connections as it may send requests at once: one to each replica.
    batch: Math.max(20, settings.worlds.flat().length),
    systemTags: ['status', 'name', 'scenario', 'expected_response', 'error_code'],
    summaryTrendStats: ['min', 'med', 'avg', 'p(90)', 'p(95)', 'p(99)', 'max', 'count'],
    thresholds: { dropped_iterations: ['count<1'], checks: ['rate>0.99'], iteration_errors: ['count<1'] },
  };
}

/**
 * Requests start on schedule whatever the answers do. The pool of virtual users never grows, because a late one is a dropped
 * arrival.
 */
function openLoop(settings: RunSettings): Scenario {
  const users = virtualUsers(settings, displacementWidthMs(settings.ratePerSecond));
  const rate = arrivalRate(settings);
  return {
    executor: 'constant-arrival-rate',
    rate: Math.round(rate * 1000),
    timeUnit: '1000s',
    duration: `${Math.round((arrivalCount(settings) * 1000) / rate)}ms`,
    preAllocatedVUs: users,
    maxVUs: users,
    gracefulStop,
  };
}

/** Each virtual user sends its next request when it has the answer of the last one: for warming up only. */
function closedLoop(settings: RunSettings): Scenario {
  const iterations = arrivalCount(settings);
  const vus = Math.min(iterations, settings.closedLoopUsers ?? 1);
  return { executor: 'shared-iterations', vus, iterations, maxDuration: '1h', gracefulStop };
}
