import { metricCatalogue } from '../app/contract/metric-catalogue.ts';
import type { targetLabels } from '../app/contract/metric-catalogue.ts';

type Catalogue = typeof metricCatalogue;
export type MetricKey = keyof Catalogue;
type KeysOfType<T> = { [K in MetricKey]: Catalogue[K]['type'] extends T ? K : never }[MetricKey];
export type CounterKey = KeysOfType<'counter'>;
export type GaugeKey = KeysOfType<'gauge'>;
export type HistogramKey = KeysOfType<'histogram'>;
/** The labels that a metric has, and those that every target has. */
export type LabelOf<K extends MetricKey> = Catalogue[K]['labels'][number] | (typeof targetLabels)[number];

/** `=` a text, or one of several, or none of them, or a regular expression as it stands, or all that it does not fit. */
export type Match =
  | string
  | { readonly anyOf: readonly string[] }
  | { readonly noneOf: readonly string[] }
  | { readonly pattern: string }
  | { readonly butNot: string };
export type Matches<K extends MetricKey> = { readonly [L in LabelOf<K>]?: Match };

/** How series are chosen and grouped. `window` is a PromQL duration, or Grafana's `$__rate_interval`. */
export type Selection<K extends MetricKey> = {
  readonly where?: Matches<K>;
  readonly by?: readonly LabelOf<K>[];
  readonly window?: string;
};

export type PromqlSettings = {
  /** The window of rates that name none. */
  readonly window: string;
  /** Matchers of every selector; a label may have several. */
  readonly scope?: Readonly<Record<string, Match | readonly Match[]>>;
  /** `rate`, or `increase`: then whatever says "per second" here is over the whole window. */
  readonly growth?: 'rate' | 'increase';
  /** Moves the windows: `offset 1m`, or `@ end()`, which puts all of them at the end of the time in view. */
  readonly moved?: string;
};

type AnyMatches = Readonly<Record<string, Match | readonly Match[] | undefined>>;
type Suffix = '' | '_bucket' | '_sum' | '_count';

const specials = /[\\^$.*+?()[\]{}|]/g;

function quote(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
}

function alternatives(values: readonly string[]): string {
  return quote(values.map((value) => value.replaceAll(specials, String.raw`\$&`)).join('|'));
}

function matcher(label: string, match: Match): string {
  if (typeof match === 'string') return `${label}=${quote(match)}`;
  if ('anyOf' in match) return `${label}=~${alternatives(match.anyOf)}`;
  if ('noneOf' in match) return `${label}!~${alternatives(match.noneOf)}`;
  if ('butNot' in match) return `${label}!~${quote(match.butNot)}`;
  return `${label}=~${quote(match.pattern)}`;
}

/** `le` as Prometheus 2 keeps it and as Prometheus 3 rewrites it: 10 becomes 10.0, and 0.00005 becomes 5e-05. */
function bound(le: number): Match {
  if (Number.isInteger(le)) return { pattern: String.raw`${le}(\.0)?` };
  if (le >= 1e-4) return String(le);
  const [digits, exponent = ''] = le.toExponential().split('e-');
  return { anyOf: [String(le), `${digits}e-${exponent.padStart(2, '0')}`] };
}

/**
 * PromQL from the catalogue of metrics. A metric, a label or a bucket that does not exist fails to compile, or throws a
 * RangeError where types cannot tell.
 */
export function createPromql(settings: PromqlSettings) {
  const { window: defaultWindow, scope = {}, growth = 'rate', moved = '' } = settings;
  const select = (key: MetricKey, suffix: Suffix, where: AnyMatches): string => {
    const matchers = Object.entries({ ...scope, ...where }).flatMap(([label, match]) =>
      match === undefined ? [] : [match].flat().map((one) => matcher(label, one)),
    );
    const { name } = metricCatalogue[key];
    return matchers.length === 0 ? name + suffix : `${name}${suffix}{${matchers.join(',')}}`;
  };
  const grouped = (by: readonly string[] | undefined): string =>
    by === undefined || by.length === 0 ? 'sum' : `sum by (${by.join(', ')}) `;
  const sumOfRates = <K extends MetricKey>(
    key: K,
    suffix: Suffix,
    { where = {}, by, window = defaultWindow }: Selection<K>,
    more: AnyMatches = {},
  ): string =>
    `${grouped(by)}(${growth}(${select(key, suffix, { ...where, ...more })}[${window}]${moved === '' ? '' : ` ${moved}`}))`;

  return {
    /** The series themselves: for gauges. */
    value: <K extends GaugeKey>(key: K, where: Matches<K> = {}): string => select(key, '', where),
    /** A counter's series themselves: for `increase` and the like. */
    counter: <K extends CounterKey>(key: K, where: Matches<K> = {}): string => select(key, '', where),
    sum: <K extends GaugeKey>(key: K, { where = {}, by }: Omit<Selection<K>, 'window'> = {}): string =>
      `${grouped(by)}(${select(key, '', where)})`,
    max: <K extends GaugeKey>(key: K, { where = {}, by }: Omit<Selection<K>, 'window'> = {}): string =>
      `max${by === undefined || by.length === 0 ? '' : ` by (${by.join(', ')}) `}(${select(key, '', where)})`,
    /** Per second. */
    rate: <K extends CounterKey>(key: K, selection: Selection<K> = {}): string =>
      sumOfRates(key, '', selection),
    /** Observations per second. */
    observations: <K extends HistogramKey>(key: K, selection: Selection<K> = {}): string =>
      sumOfRates(key, '_count', selection),
    /** Sum of what was observed, per second. */
    observedSum: <K extends HistogramKey>(key: K, selection: Selection<K> = {}): string =>
      sumOfRates(key, '_sum', selection),
    /** Of what was observed; nothing where nothing was. */
    mean: <K extends HistogramKey>(key: K, selection: Selection<K> = {}): string =>
      `${sumOfRates(key, '_sum', selection)} / (${sumOfRates(key, '_count', selection)} > 0)`,
    quantile: <K extends HistogramKey>(q: number, key: K, selection: Selection<K> = {}): string =>
      `histogram_quantile(${q}, ${sumOfRates(key, '_bucket', {
        ...selection,
        by: ['le' as LabelOf<K>, ...(selection.by ?? [])],
      })})`,
    /** Per bucket, for a heat map. */
    bucketRates: <K extends HistogramKey>(key: K, selection: Selection<K> = {}): string =>
      sumOfRates(key, '_bucket', { ...selection, by: ['le' as LabelOf<K>, ...(selection.by ?? [])] }),
    /** Observations per second up to one of the metric's own bounds; Infinity: all of them. */
    under: <K extends HistogramKey>(key: K, le: number, selection: Selection<K> = {}): string => {
      const bounds: readonly number[] = metricCatalogue[key].buckets;
      if (le !== Infinity && !bounds.includes(le))
        throw new RangeError(`${metricCatalogue[key].name} has no bucket ${le}: ${bounds.join(', ')}`);
      return sumOfRates(key, '_bucket', selection, { le: le === Infinity ? '+Inf' : bound(le) });
    },
    /** Share of observations above the last finite bound: where it is not near 0, quantiles are cut off. */
    clamped: <K extends HistogramKey>(key: K, selection: Selection<K> = {}): string => {
      const last = metricCatalogue[key].buckets.at(-1) as number;
      const below = sumOfRates(key, '_bucket', selection, { le: bound(last) });
      return `1 - ${below} / (${sumOfRates(key, '_count', selection)} > 0)`;
    },
    /** The name of a counter, gauge or histogram series, for what is not said here. */
    select,
  };
}
