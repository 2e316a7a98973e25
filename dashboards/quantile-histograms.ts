import { counterMetrics } from '../app/contract/counter-metrics.ts';
import { gatewayMetrics } from '../app/contract/gateway-metrics.ts';
import { serviceMetrics } from '../app/contract/service-metrics.ts';
import { workerMetrics } from '../app/contract/worker-metrics.ts';
import type { HistogramKey } from './promql.ts';

/**
 * All histograms of which a board, a rule or the live page shows a quantile: a quantile above the last bound is shown as that
 * bound, so somebody must look whether observations are. A test holds it against the queries.
 */
export const quantileHistograms = [
  'requestDuration',
  'cacheOperationDuration',
  'cacheLoadDuration',
  'cacheInvalidationLag',
  'cacheQueueWait',
  'outboxLag',
  'counterDuration',
  'counterRollupLag',
  'gatewaySyncDelay',
  'leaderWriteDuration',
  'storageDuration',
  'storageWait',
  'loadResponseDuration',
  'visibilityLag',
] as const satisfies readonly HistogramKey[];

export type QuantileHistogram = (typeof quantileHistograms)[number];

/** Whether a process of the service observes it; the others are the driver's, which has no replicas. */
export function isOfService(key: QuantileHistogram): boolean {
  return [serviceMetrics, workerMetrics, counterMetrics, gatewayMetrics].some((metrics) => key in metrics);
}
