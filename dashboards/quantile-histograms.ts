import { counterMetrics } from '../app/contract/counter-metrics.ts';
import { gatewayMetrics } from '../app/contract/gateway-metrics.ts';
import { serviceMetrics } from '../app/contract/service-metrics.ts';
import { workerMetrics } from '../app/contract/worker-metrics.ts';
import type { HistogramKey } from './promql.ts';

/**
 * All histograms of which a board, a rule or the live page shows a quantile: a quantile above the last bound
 * is shown as that bound, so an alert looks whether observations are. The values are what a reader calls
 * them. A test compares the list with the queries.
 */
export const observedThings = {
  requestDuration: 'requests',
  cacheOperationDuration: 'operations of redis',
  cacheLoadDuration: 'loads',
  cacheInvalidationLag: 'invalidations',
  cacheQueueWait: 'queued writes',
  outboxLag: 'messages of the outbox',
  counterDuration: 'counting',
  counterRollupLag: 'rollups',
  gatewaySyncDelay: 'waits for the leader',
  leaderWriteDuration: 'writes of the leader',
  storageDuration: 'queries',
  storageWait: 'waits for a connection',
  loadResponseDuration: 'answers to clients',
  visibilityLag: 'writes until they are seen',
} as const satisfies { readonly [K in HistogramKey]?: string };

export type QuantileHistogram = keyof typeof observedThings;

export const quantileHistograms = Object.keys(observedThings) as QuantileHistogram[];

/** Whether a process of the service observes it; the others are the driver's, which has no replicas. */
export function isOfService(key: QuantileHistogram): boolean {
  return [serviceMetrics, workerMetrics, counterMetrics, gatewayMetrics].some((metrics) => key in metrics);
}
