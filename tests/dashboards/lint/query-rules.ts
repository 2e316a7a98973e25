import { parser } from '@prometheus-io/lezer-promql';
import { leadersMax, valuesOfLabels } from '../../../dashboards/board-limits.ts';
import { metricCatalogue } from '../../../app/contract/metric-catalogue.ts';
import { limitsOf } from './limits-of.ts';
import { binaryOf, isComparison } from './promql-operands.ts';
import type { PromqlNode } from './promql-operands.ts';
import { withoutVariables } from './promql-names.ts';
import type { PublishedPanel } from './published-form.ts';
import { rangeWindow, rareWindow, rateInterval, selectorsOf } from './selectors.ts';

type Target = PublishedPanel['targets'][number];

/** What says that something went wrong, in a label of a counter. */
const failures = new Set(['failed', 'error', 'refused', 'lost', 'loss-noticed', 'disconnected', 'missing']);
/** Counters that keep rare outcomes beside frequent ones, and the label that tells them apart. */
const withRareOutcomes: ReadonlyMap<string, string> = new Map(
  (
    [
      ['cacheLeases', 'outcome'],
      ['cacheRefreshes', 'outcome'],
      ['cacheQueuedWrites', 'outcome'],
      ['outboxMessages', 'outcome'],
      ['counterRollups', 'outcome'],
      ['counterRollupEvents', 'outcome'],
      ['leaderWrites', 'outcome'],
      ['telemetrySpans', 'stage'],
    ] as const
  ).map(([key, label]) => [metricCatalogue[key].name, label] as const),
);
const grouping = /\bby \(([^)]*)\)/;
const legendLabel = /\{\{\s*(\w+)\s*\}\}/g;
/** What is counted in windows may be 0 in all of them; what there is of something is not. */
const counted = /\b(?:rate|increase)\(/;

/** The labels by which a query has series: those that it keeps, or else those that its legend names. */
function labelsOf({ expr, legendFormat = '' }: Target): readonly string[] {
  const kept = grouping.exec(expr)?.[1]?.split(/,\s*/);
  return kept ?? [...legendFormat.matchAll(legendLabel)].map(([, label = '']) => label);
}

/** A failure is rare: in a window of seconds it is a tooth of a saw. */
export function* lintRareEvents(target: Target): Iterable<string> {
  const labels = labelsOf(target);
  for (const { metric, matchers, range } of selectorsOf(target.expr)) {
    if (range === null || !metric.endsWith('_total')) continue;
    const isFailure = matchers.some(
      ({ label, operator, value }) =>
        label !== 'candidate' &&
        operator.startsWith('=') &&
        value.split('|').every((one) => failures.has(one)),
    );
    if (isFailure && ![rareWindow, rangeWindow].includes(range.length))
      yield `shows rare events in a window of ${range.length}: ${metric}`;
    const outcome = withRareOutcomes.get(metric);
    const isChosen = matchers.some(({ label }) => label === outcome);
    if (outcome !== undefined && !isChosen && labels.includes(outcome) && range.length === rateInterval)
      yield `shows outcomes, of which some are rare, in a window of ${range.length}: ${metric}`;
  }
}

/** 0 of 0 is no share: a series of nothing, which hides the text of a panel that is empty, and stands in tables as NaN. */
export function* lintShares({ expr }: Target): Iterable<string> {
  const text = withoutVariables(expr);
  const found: string[] = [];
  parser
    .parse(text)
    .topNode.cursor()
    .iterate(({ node }) => {
      const binary = binaryOf(node);
      if (binary?.operator.name !== 'Div') return;
      const whole = text.slice(binary.right.from, binary.right.to);
      if (counted.test(whole) && !isCompared(binary.right)) found.push(whole);
    });
  for (const whole of found) yield `divides by what may be nothing: ${whole.slice(0, 60)}`;
}

function isCompared(node: PromqlNode): boolean {
  if (node.name === 'ParenExpr' && node.firstChild !== null) return isCompared(node.firstChild);
  const binary = binaryOf(node);
  return binary !== null && isComparison(binary);
}

/** How many lines a panel may come to, whatever runs: all but a few labels may have any number of values, so that a few must lead. */
export function* lintSeries(panel: PublishedPanel): Iterable<string> {
  if (panel.type !== 'timeseries') return;
  let most = 0;
  for (const target of panel.targets) {
    if (target.expr.includes('topk(')) {
      most += leadersMax;
      continue;
    }
    let ofTarget = 1;
    for (const label of labelsOf(target)) {
      if (label === 'le' || label === panel.repeat) continue;
      const values = valuesOfLabels[label];
      if (values === undefined) yield `has a series for each ${label}, of which there may be any number`;
      else ofTarget *= values;
    }
    most += ofTarget;
  }
  const { series } = limitsOf(panel);
  if (most > series) yield `may have ${most} series, of ${series} that can be read`;
}
