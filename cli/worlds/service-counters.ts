import type { Counter } from '../../app/contract/figure.ts';
import { runtimeMetrics, serviceMetrics } from '../../app/contract/service-metrics.ts';
import { CommandError } from '../errors.ts';
import { combineCounts, isLevelKey, keyOf } from '../figures/counts.ts';
import type { Counts } from '../figures/counts.ts';
import { takenCounters } from '../figures/taken-counters.ts';

/** Counters of one process since it started. */
export type ServiceCounters = {
  /** False: its telemetry is off, and all but `cpuUs` is 0 for want of counting. */
  readonly isCounted: boolean;
  readonly cpuUs: number;
  /** What figures, guards and results need. */
  readonly counts: Counts;
};

type Sample = { readonly name: string; readonly labels: ReadonlyMap<string, string>; readonly value: number };

/** The samples of an exposition in the text format of Prometheus or OpenMetrics; comments and exemplars are passed over. */
function* parseExposition(text: string): Generator<Sample> {
  for (const line of text.split('\n')) {
    const match = /^([A-Za-z_:][\w:]*)(?:\{(.*?)\})? ([^ ]+)(?: |$)/.exec(line);
    if (match === null) continue;
    const labels = new Map<string, string>();
    for (const [, name, value] of (match[2] ?? '').matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g))
      labels.set(name as string, value as string);
    yield { name: match[1] as string, labels, value: Number(match[3]) };
  }
}

type Taken = { readonly key: string; readonly where: readonly (readonly [string, ReadonlySet<string>])[] };

/** By the metric that they are of. */
function byMetric(counters: readonly Counter[]): ReadonlyMap<string, readonly Taken[]> {
  const distinct = new Map(counters.map((counter) => [keyOf(counter), counter]));
  const groups = Map.groupBy(distinct, ([, { counter }]) => counter);
  return new Map(
    [...groups].map(([metric, own]) => [
      metric,
      own.map(([key, { where = {} }]) => ({
        key,
        where: Object.entries(where).map(([name, values]) => [name, new Set([values].flat())] as const),
      })),
    ]),
  );
}

const takenByMetric = byMetric(takenCounters);

/** Reads out of one scrape what is taken from it. Throws when the text is not that of a process of ours. */
export function parseServiceCounters(
  text: string,
  taken: ReadonlyMap<string, readonly Taken[]> = takenByMetric,
): ServiceCounters {
  const counts: Record<string, number> = {};
  for (const { key } of [...taken.values()].flat()) counts[key] = 0;
  let isCounted = true;
  let cpuUs: number | null = null;
  for (const { name, labels, value } of parseExposition(text)) {
    for (const { key, where } of taken.get(name) ?? [])
      if (where.every(([label, values]) => values.has(labels.get(label) ?? '')))
        counts[key] = (counts[key] ?? 0) + value;
    if (name === serviceMetrics.runInfo.name) isCounted = labels.get('telemetry_mode') !== 'off';
    if (name === runtimeMetrics.processCpu.name) cpuUs = (cpuUs ?? 0) + value * 1e6;
  }
  if (cpuUs === null)
    throw new CommandError('internal', `the service's metrics lack ${runtimeMetrics.processCpu.name}`);
  return { isCounted, cpuUs, counts };
}

/** `after - before`, counter by counter; of gauges what they stand at. Both come from the same process. */
export function subtractCounters(after: ServiceCounters, before: ServiceCounters): ServiceCounters {
  const grown = combine(after, before, (a, b) => a - b);
  const levels = Object.entries(after.counts).filter(([key]) => isLevelKey(key));
  return { ...grown, counts: { ...grown.counts, ...Object.fromEntries(levels) } };
}

/** The sum over the processes of a world. */
export function sumCounters(parts: readonly ServiceCounters[]): ServiceCounters {
  const nothing: ServiceCounters = { isCounted: true, cpuUs: 0, counts: {} };
  return parts.reduce((sum, part) => combine(sum, part, (a, b) => a + b), nothing);
}

function combine(
  left: ServiceCounters,
  right: ServiceCounters,
  operate: (a: number, b: number) => number,
): ServiceCounters {
  return {
    isCounted: left.isCounted && right.isCounted,
    cpuUs: operate(left.cpuUs, right.cpuUs),
    counts: combineCounts(left.counts, right.counts, operate),
  };
}
