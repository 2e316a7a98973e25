import type { Metric as ClientMetric, OpenMetricsContentType } from 'prom-client';
import Registry from 'prom-client/lib/registry.js';
import { createWallClock } from '../clock.ts';

/** A registry that is read as OpenMetrics, the only format in which prom-client writes exemplars. */
export type MetricsRegistry = Registry<OpenMetricsContentType>;

export function createMetricsRegistry(): MetricsRegistry {
  const registry = new Registry<OpenMetricsContentType>();
  registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
  return registry;
}

/**
 * An exemplar of OpenMetrics: it names the trace of one of the observations that a sample counts. Its time is in seconds since
 * 1970.
 */
export type Exemplar = {
  readonly labelSet: { readonly trace_id: string };
  readonly value: number;
  readonly timestamp: number;
};

/** One line of a metric, as a registry writes it. */
export type ExposedSample = {
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
  /** Where it is not the metric's own. */
  readonly metricName?: string;
  readonly exemplar?: Exemplar | undefined;
};

/** A metric that counts for itself: all that a registry asks of one. */
export type OwnMetric = {
  /** The registry takes the ending `_total` off it, and puts it behind each sample. */
  name: string;
  readonly help: string;
  readonly type: 'counter' | 'histogram';
  readonly samples: () => readonly ExposedSample[];
};

/** Lets a registry of either format expose a metric that is none of prom-client's own. */
export function registerOwnMetric(registry: Pick<Registry, 'registerMetric'>, own: OwnMetric): void {
  const { help, type, samples } = own;
  const metric = {
    name: own.name,
    type,
    get: async () => ({ name: metric.name, help, type, values: samples() }),
    reset: () => {},
  };
  // The library's types allow its own four classes only, with private fields; its registry calls no more than this.
  registry.registerMetric(metric as unknown as ClientMetric);
}

const wallClock = createWallClock();

export function createExemplar(traceId: string, value: number): Exemplar {
  const timestamp = wallClock.now() / 1000;
  return { labelSet: { trace_id: traceId }, value, timestamp };
}
