import { parser } from '@prometheus-io/lezer-promql';
import { metricCatalogue, targetLabels } from '../../../app/contract/metric-catalogue.ts';
import { recordingRules } from '../../../dashboards/rules/recording-rules.ts';

/** What Grafana puts in place of its variables, for whoever reads or runs a query without Grafana. */
const replacements: readonly (readonly [string, string])[] = [
  ['$__rate_interval', '15s'],
  ['$__interval', '15s'],
  ['$__range', '5m'],
];

/** The query with its variables replaced: windows by lengths, that of what is rare by `rare`, choices by everything. */
export function withoutVariables(expr: string, rare = '1m'): string {
  let text = expr;
  for (const [variable, value] of [...replacements, ['$rare', rare] as const])
    text = text.replaceAll(variable, value);
  return text.replaceAll(/\$\{?[a-z_]\w*\}?/gi, '.*');
}

/** Only blocks of an experiment have one; of anything else the pattern of all rounds is true. */
const lackableLabel = 'round';

const suffixes = ['', '_bucket', '_sum', '_count'];
const labelsOf = new Map<string, ReadonlySet<string>>();
/** The histogram that a series is a part of. */
const histogramOf = new Map<string, string>();
for (const { name, type, labels } of Object.values(metricCatalogue)) {
  const known = new Set<string>([...labels, ...targetLabels, lackableLabel]);
  for (const suffix of type === 'histogram' ? suffixes : [''])
    labelsOf.set(name + suffix, new Set([...known, 'le']));
  if (type === 'histogram') for (const suffix of suffixes) histogramOf.set(name + suffix, name);
}
for (const { rules } of recordingRules())
  for (const { record } of rules) labelsOf.set(record, new Set(['candidate']));

/** What is wrong with a query: syntax, a metric that nobody exposes, a label that it does not have. */
export function complainOfQuery(expr: string): string[] {
  const text = withoutVariables(expr);
  const complaints: string[] = [];
  const tree = parser.parse(text);
  let metric = '';
  tree.iterate({
    enter({ type, name, from, to }) {
      const found = text.slice(from, to);
      if (type.isError)
        complaints.push(`does not parse near "${text.slice(Math.max(0, from - 12), to + 12)}"`);
      if (name === 'VectorSelector') metric = /^[\w:]+/.exec(found)?.[0] ?? '';
      if (name === 'VectorSelector' && !labelsOf.has(metric)) complaints.push(`nobody exposes ${metric}`);
      if (name === 'LabelName' && isMatcherOf(text, to) && labelsOf.get(metric)?.has(found) === false)
        complaints.push(`${metric} has no label ${found}`);
    },
  });
  return complaints;
}

/** Whether the label is one of a selector, and not of a grouping. */
function isMatcherOf(text: string, end: number): boolean {
  return /^\s*(?:=~|!~|!=|=)/.test(text.slice(end));
}

/** Names of the metrics that a query uses, without the endings of histograms. */
export function metricsOf(expr: string): ReadonlySet<string> {
  const text = withoutVariables(expr);
  const names = new Set<string>();
  parser.parse(text).iterate({
    enter({ name, from, to }) {
      if (name === 'VectorSelector') names.add(/^[\w:]+/.exec(text.slice(from, to))?.[0] ?? '');
    },
  });
  return new Set([...names].map((name) => histogramOf.get(name) ?? name));
}
