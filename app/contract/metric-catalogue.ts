import { accessMetrics } from './access-metrics.ts';
import { counterMetrics } from './counter-metrics.ts';
import { edgeMetrics } from './edge-metrics.ts';
import { exporterMetrics, prometheusMetrics } from './exporter-metrics.ts';
import { feedMetrics } from './feed-metrics.ts';
import { gatewayMetrics } from './gateway-metrics.ts';
import { experimentMetrics, loadMetrics, traceStoreMetrics, witnessMetrics } from './load-metrics.ts';
import { runtimeMetrics, serviceMetrics } from './service-metrics.ts';
import { workerMetrics } from './worker-metrics.ts';

/**
 * Every metric that the service, the driver and the exporters expose and that the command line, the rules and the dashboards
 * read: one place, so that a name or a label that does not exist fails to compile. Units are seconds and bytes. Labels are
 * bounded: a key, an id, a path or a message is never one.
 */
export const metricCatalogue = {
  ...serviceMetrics,
  ...accessMetrics,
  ...workerMetrics,
  ...runtimeMetrics,
  ...feedMetrics,
  ...counterMetrics,
  ...gatewayMetrics,
  ...edgeMetrics,
  ...loadMetrics,
  ...experimentMetrics,
  ...witnessMetrics,
  ...traceStoreMetrics,
  ...exporterMetrics,
  ...prometheusMetrics,
} as const;

/**
 * Labels that the scrape configuration gives to all series of a target: `job` (see `scrapeJobs`), `instance` (the replica's
 * name, or the server's) and `candidate` (as on the command line).
 */
export const targetLabels = ['job', 'instance', 'candidate'] as const;

/** The targets of one kind; `instance` tells them apart. */
export const scrapeJobs = {
  service: 'darkroom-service',
  /** Processes that run beside the replicas; the label `kind` says which. */
  process: 'darkroom-process',
  driver: 'darkroom-driver',
  postgres: 'postgres',
  redis: 'redis',
  prometheus: 'prometheus',
} as const;
