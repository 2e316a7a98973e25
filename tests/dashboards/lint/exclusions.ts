import { exporterMetrics, prometheusMetrics } from '../../../app/contract/exporter-metrics.ts';
import {
  experimentMetrics,
  loadMetrics,
  traceStoreMetrics,
  witnessMetrics,
} from '../../../app/contract/load-metrics.ts';
import type { Metric } from '../../../app/contract/metric.ts';
import { runtimeMetrics } from '../../../app/contract/service-metrics.ts';
import type { Finding } from './grafana-rules.ts';

/** A rule that is not followed for some series, and why. Whatever needs no exclusion has none: a test looks. */
export type Exclusion = {
  readonly rule: string;
  readonly of: string;
  readonly covers: (metric: string) => boolean;
  readonly reason: string;
};

const amongst = (...groups: readonly Readonly<Record<string, Metric>>[]) => {
  const metrics = groups.flatMap((group) => Object.values(group));
  const series = new Set(
    metrics.flatMap(({ name, type }) => [
      name,
      ...(type === 'histogram' ? ['_bucket', '_sum', '_count'].map((suffix) => name + suffix) : []),
    ]),
  );
  return (metric: string): boolean => series.has(metric);
};
const sourcesBesideTheService = [
  {
    of: 'the driver',
    covers: amongst(loadMetrics, experimentMetrics, witnessMetrics, traceStoreMetrics),
    reason: 'One process that has no replicas: the choices are jobs and replicas of the service.',
  },
  {
    of: 'PostgreSQL and Redis',
    covers: amongst(exporterMetrics),
    reason: 'The exporters are jobs of their own, named in the query, with one instance per server.',
  },
  {
    of: 'what is scraped',
    covers: amongst(prometheusMetrics),
    reason: 'About all jobs and instances alike, also those that the service does not consist of.',
  },
  {
    of: 'what is recorded',
    covers: (metric: string) => metric.includes(':'),
    reason: 'Recorded for each candidate: job and instance are summed away.',
  },
];

export const exclusions: readonly Exclusion[] = [
  ...['target-job-rule', 'target-instance-rule'].flatMap((rule) =>
    sourcesBesideTheService.map((source) => ({ rule, ...source })),
  ),
  {
    rule: 'target-counter-agg-rule',
    of: 'handles',
    covers: (metric) => metric === runtimeMetrics.activeHandles.name,
    reason: 'A gauge, which prom-client has given the ending of a counter.',
  },
];

export function isExcluded({ rule, metric }: Finding, exclusion: Exclusion): boolean {
  return metric !== undefined && rule === exclusion.rule && exclusion.covers(metric);
}
