import Counter from 'prom-client/lib/counter.js';
import Gauge from 'prom-client/lib/gauge.js';
import type { Metric } from '../contract/metric.ts';
import { registerOwnMetric } from './metrics-registry.ts';
import type { ExposedSample, MetricsRegistry } from './metrics-registry.ts';

type Labels = Readonly<Record<string, string>>;

/**
 * A counter of the catalogue. `possible` are the labels of what may happen: they are exposed as 0 before it does, since a rate
 * does not see the value with which a series is born, and an alert would miss what happens once.
 */
export function registerCounter<const M extends Metric>(
  registry: MetricsRegistry,
  { name, help, labels }: M,
  possible: readonly Readonly<Record<M['labels'][number], string>>[] = [],
) {
  const counter = new Counter<M['labels'][number]>({
    name,
    help,
    labelNames: [...labels],
    registers: [registry],
  });
  for (const labelled of possible) counter.inc(labelled, 0);
  return counter;
}

/** A gauge of the catalogue that takes its values when it is scraped. */
export function registerGauge(
  registry: MetricsRegistry,
  { name, help, labels }: Metric,
  values: () => readonly (readonly [Labels, number])[],
): void {
  new Gauge({
    name,
    help,
    labelNames: [...labels],
    registers: [registry],
    collect() {
      this.reset();
      // Without labels it would be 0 where there is nothing to tell.
      this.remove({});
      for (const [labelled, value] of values()) this.set(labelled, value);
    },
  });
}

/** A counter of the catalogue whose values are counted elsewhere, and read when it is scraped. */
export function registerCopiedCounter(
  registry: MetricsRegistry,
  { name, help }: Metric,
  samples: () => Iterable<ExposedSample>,
): void {
  registerOwnMetric(registry, { name, help, type: 'counter', samples: () => [...samples()] });
}
