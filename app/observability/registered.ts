import { Counter, Gauge } from 'prom-client';
import type { Metric as ClientMetric, Registry } from 'prom-client';
import type { Metric } from '../contract/metric.ts';
import type { Exemplar } from './exemplar.ts';

type Labels = Readonly<Record<string, string>>;

/** A counter of the catalogue. */
export function registerCounter<const M extends Metric>(registry: Registry, { name, help, labels }: M) {
  return new Counter<M['labels'][number]>({ name, help, labelNames: [...labels], registers: [registry] });
}

/** A gauge of the catalogue that takes its values when it is scraped. */
export function registerGauge(
  registry: Registry,
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
      for (const [labelled, value] of values()) this.set(labelled, value);
    },
  });
}

type CountedSample = {
  readonly labels: Labels;
  readonly value: number;
  readonly exemplar?: Exemplar | undefined;
};

/** A counter of the catalogue whose values are counted elsewhere, and read when it is scraped. */
export function registerCopiedCounter(
  registry: Registry,
  { name, help }: Metric,
  samples: () => Iterable<CountedSample>,
): void {
  const get = async () => ({ name: metric.name, help, type: 'counter', values: [...samples()] });
  // The registry takes the ending off the name in OpenMetrics, and puts it behind each sample.
  const metric = { name, type: 'counter', get, reset: () => {} };
  registry.registerMetric(metric as unknown as ClientMetric);
}
