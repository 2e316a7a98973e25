import { scrapeJobs } from '../app/contract/metric-catalogue.ts';
import { cacheRatios } from './cache-ratios.ts';
import { leadersMax } from './board-limits.ts';
import { createPromql } from './promql.ts';
import type { CounterKey, GaugeKey, HistogramKey, LabelOf, Matches, MetricKey } from './promql.ts';

/** Grafana's window: no shorter than holds four scrapes. */
const window = '$__rate_interval';
/** What happens rarely is counted over this one: in a window of seconds, one failure is a spike that says nothing. */
export const rareWindow = '$rare';
/** All that is in view. */
const range = '$__range';
export const chosenCandidate = { pattern: '$candidate' } as const;

/**
 * The jobs of a candidate's own processes. Its exporters expose CPU, memory and a start, too, but are not
 * among them.
 */
export const processJobs = [scrapeJobs.service, scrapeJobs.process] as const;
const chosen = {
  job: [{ pattern: '$job' }, { anyOf: processJobs }],
  instance: { pattern: '$instance' },
  candidate: chosenCandidate,
} as const;

/** Queries about the service: what is chosen at the top of a board. */
export const service = createPromql({ window, scope: chosen });
/** How often something happened in the window of what is rare. */
export const rarely = createPromql({ window: rareWindow, scope: chosen, growth: 'increase' });
/** Rates over the window of what is rare, and what they were a window before. */
export const lately = createPromql({ window: rareWindow, scope: chosen });
export const before = createPromql({ window: rareWindow, scope: chosen, moved: `offset ${rareWindow}` });
const atEnd = { window: range, growth: 'increase', moved: '@ end()' } as const;
/** How much there was of something in all that is in view: what series are ranked by. */
export const inView = createPromql({ ...atEnd, scope: chosen });
/** Rates over all that is in view, for tables: they have one value. */
export const overview = createPromql({ window: range, scope: chosen });

const loading = { job: scrapeJobs.driver, candidate: chosenCandidate } as const;
/** About the load and the witness, which are the command line's. */
export const driver = createPromql({ window, scope: loading });
/**
 * The same over the window of rare events: failures, and the checks of the witness, which reads only a few
 * times in a second.
 */
export const driverLately = createPromql({ window: rareWindow, scope: loading });
export const driverRarely = createPromql({ window: rareWindow, scope: loading, growth: 'increase' });
export const overviewOfDriver = createPromql({ window: range, scope: loading });
/** What the command line tells of itself, whatever candidate is chosen. */
export const command = createPromql({ window, scope: { job: scrapeJobs.driver } });

const postgresScope = { job: scrapeJobs.postgres } as const;
/**
 * About PostgreSQL. Its exporter is slow, so it is scraped every other second: a window of four seconds would
 * hold two samples, or one.
 */
export const postgres = createPromql({ window: rareWindow, scope: postgresScope });
export const postgresInView = createPromql({ ...atEnd, scope: postgresScope });
export const postgresRarely = createPromql({ window: rareWindow, scope: postgresScope, growth: 'increase' });
const redisScope = { job: scrapeJobs.redis, candidate: chosenCandidate } as const;
export const redis = createPromql({ window, scope: redisScope });
export const redisInView = createPromql({ ...atEnd, scope: redisScope });
/** About everything that is scraped. */
export const everything = createPromql({ window });
const prometheusScope = { job: scrapeJobs.prometheus } as const;
/** What Prometheus tells of itself: how it is, how often something happened, and did in all that is in view. */
export const prometheusNow = createPromql({ window, scope: prometheusScope });
export const prometheus = createPromql({ window: rareWindow, scope: prometheusScope, growth: 'increase' });
export const prometheusInView = createPromql({ ...atEnd, scope: prometheusScope });

type Series<K extends MetricKey> = { readonly by: readonly LabelOf<K>[]; readonly where?: Matches<K> };

/** The greatest value that a gauge had in all that is in view. */
export function peakInView<K extends GaugeKey>(
  promql: typeof service,
  key: K,
  { by: labels, where }: Series<K>,
): string {
  return `max by (${labels.join(', ')}) (max_over_time(${promql.value(key, where)}[${range}] @ end()))`;
}

/** How far below 1 a gauge fell in all that is in view. */
export function lapseInView<K extends GaugeKey>(key: K, labels: readonly LabelOf<K>[]): string {
  return `max by (${labels.join(', ')}) (1 - min_over_time(${service.value(key)}[${range}] @ end()))`;
}

/**
 * Those series that lead by a ranking over all that is in view: the same ones at every moment, so that a legend is short, and does
 * not grow with the time that is looked at. `ranking` has one value for the whole view.
 */
export function leading(ranking: string, labels: readonly string[], expr: string): string {
  return `(${expr}) and on (${labels.join(', ')}) topk(${leadersMax}, ${ranking})`;
}

/** How often something happens, for the series in which it has happened most often in the time in view. */
export function leadingRates<K extends CounterKey>(
  promql: typeof service,
  key: K,
  series: Series<K>,
): string {
  return leading(inView.rate(key, series), series.by, promql.rate(key, series));
}

/** The 99th percentile of the series whose observations add up to the most in the time in view. */
export function leadingTails<K extends HistogramKey>(key: K, series: Series<K>): string {
  return leading(inView.observedSum(key, series), series.by, service.quantile(0.99, key, series));
}

/** All rounds, and the times in which no experiment runs. */
export const anyRound = '.*';
const round = { pattern: '$round' };

/**
 * Shows `expr` only while one of the chosen rounds runs the candidate, and all the time where all rounds are
 * chosen: `runInfo` has no label `round`, and only the pattern of all rounds fits a label that is missing.
 */
export function inRounds(expr: string): string {
  const always = service.select('runInfo', '', { round });
  const meanwhile = driver.value('experimentBlock', { round });
  return `(${expr}) and on (candidate) (${always} or ${meanwhile})`;
}

export const by = ['candidate'] as const;
export const byInstance = ['candidate', 'instance'] as const;
export const ratios = cacheRatios(service, by);
export const ofCandidate = '{{candidate}}';
export const ofInstance = '{{candidate}} {{instance}}';
