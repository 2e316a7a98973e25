import { softMaxima } from '../../../dashboards/board-units.ts';
import { complainOfQuery } from './promql-names.ts';
import type { PublishedDashboard, PublishedPanel } from './published-form.ts';
import { rangeWindow, rareWindow, rateInterval, selectorsOf } from './selectors.ts';
import type { Selector } from './selectors.ts';

/** What a rule finds wrong. `metric`: of the series that it is about. */
export type Finding = { readonly rule: string; readonly text: string; readonly metric?: string };

type Target = PublishedPanel['targets'][number];
type Variable = PublishedDashboard['templating']['list'][number];
/** Each yields what is wrong, if anything. */
type BoardRule = (board: PublishedDashboard) => Iterable<string>;
type PanelRule = (panel: PublishedPanel) => Iterable<string>;
type SelectorRule = (selector: Selector, target: Target) => Iterable<string>;

const units = new Set(Object.keys(softMaxima));
const labelValues = /^label_values\((.+), \w+\)$/;
const dataSourceUid = '${datasource}';

const variablesOf = ({ templating }: PublishedDashboard): readonly Variable[] => templating.list;
const queriesAmong = (variables: readonly Variable[]): readonly Variable[] =>
  variables.filter(({ type }) => type === 'query');

/** A variable of many values, whose All is whatever there is. */
function* lintTemplate(board: PublishedDashboard, name: string): Iterable<string> {
  const variable = variablesOf(board).find((candidate) => candidate.name === name);
  if (variable === undefined) {
    yield `has no variable ${name}`;
    return;
  }
  const title = name.replace(/^./, (letter) => letter.toUpperCase());
  if (variable.type !== 'query') yield `variable ${name} is no query`;
  if (variable.datasource?.uid !== dataSourceUid) yield `variable ${name} asks a data source of its own`;
  if (variable.label !== title) yield `variable ${name} is labelled ${variable.label}`;
  if (variable.multi !== true) yield `variable ${name} takes one value only`;
  if (variable.allValue !== '.+') yield `variable ${name} takes ${variable.allValue} for All`;
}

function* lintMatcher({ metric, matchers }: Selector, label: string): Iterable<string> {
  const isMatched = matchers.some(
    (matcher) => matcher.label === label && matcher.operator === '=~' && matcher.value === `$${label}`,
  );
  if (!isMatched) yield `does not heed the chosen ${label}: ${metric}`;
}

const boardRules: Readonly<Record<string, BoardRule>> = {
  *'template-datasource-rule'(board) {
    const [first, ...others] = variablesOf(board).filter(({ type }) => type === 'datasource');
    if (first === undefined || others.length > 0) yield 'has no choice of one data source';
    else if (first.name !== 'datasource' || first.label !== 'Data source')
      yield `chooses its data source by ${first.name}, labelled ${first.label}`;
  },
  'template-job-rule': (board) => lintTemplate(board, 'job'),
  'template-instance-rule': (board) => lintTemplate(board, 'instance'),
  *'template-label-promql-rule'(board) {
    for (const { name, query } of queriesAmong(variablesOf(board))) {
      const text = typeof query === 'object' ? String(query['query']) : '';
      if (!labelValues.test(text)) yield `variable ${name} is no list of values`;
      else yield* complainOfQuery(text.replace(labelValues, '$1'));
    }
  },
  *'template-on-time-change-reload-rule'(board) {
    for (const { name, refresh } of queriesAmong(variablesOf(board)))
      if (refresh !== 2) yield `variable ${name} does not follow the time`;
  },
  *'uneditable-dashboard-rule'({ editable }) {
    if (editable !== false) yield 'can be edited';
  },
};

const panelRules: Readonly<Record<string, PanelRule>> = {
  *'panel-datasource-rule'({ datasource, targets }) {
    for (const { uid } of [datasource, ...targets.map((target) => target.datasource ?? {})])
      if (uid !== dataSourceUid) yield 'asks a data source of its own';
  },
  *'panel-title-description-rule'({ title, description }) {
    if (title === '' || description.length < 10) yield 'has next to no description';
  },
  *'panel-units-rule'({ type, fieldConfig }) {
    const unit = fieldConfig?.defaults.unit;
    // A heatmap has it on its axis, and only a table may have none.
    if (type !== 'heatmap' && (!units.has(unit ?? '') || (unit === 'string' && type !== 'table')))
      yield `has the unit ${unit ?? 'of nothing'}`;
  },
  *'panel-no-targets-rule'({ targets }) {
    if (targets.length === 0) yield 'asks nothing';
  },
  *'target-promql-rule'({ targets }) {
    for (const { expr } of targets) yield* complainOfQuery(expr);
  },
};

const selectorRules: Readonly<Record<string, SelectorRule>> = {
  *'target-rate-interval-rule'({ range }, { instant }) {
    const windows = [rateInterval, rareWindow, ...(instant === true ? [rangeWindow] : [])];
    if (range !== null && /^i?rate$/.test(range.by ?? '') && !windows.includes(range.length))
      yield `has a window of its own: ${range.length}`;
  },
  'target-job-rule': (selector) => lintMatcher(selector, 'job'),
  'target-instance-rule': (selector) => lintMatcher(selector, 'instance'),
  *'target-counter-agg-rule'({ metric, range }) {
    if (metric.endsWith('_total') && !/^(?:i?rate|increase)$/.test(range?.by ?? ''))
      yield `shows a counter as it stands: ${metric}`;
  },
};

/** By their names in https://github.com/grafana/dashboard-linter (docs/rules): all that are not about logs. */
export const grafanaRules: readonly string[] = [boardRules, panelRules, selectorRules].flatMap(Object.keys);

/** What the rules find in a board, with what is excluded. */
export function applyGrafanaRules(board: PublishedDashboard): readonly Finding[] {
  const findings: Finding[] = [];
  const add = (rule: string, texts: Iterable<string>, where = '', metric?: string): void => {
    for (const text of texts)
      findings.push({ rule, text: where + text, ...(metric !== undefined && { metric }) });
  };
  for (const [rule, apply] of Object.entries(boardRules)) add(rule, apply(board));
  for (const panel of board.panels) {
    if (panel.type === 'row') continue;
    const where = `${panel.title} `;
    for (const [rule, apply] of Object.entries(panelRules)) add(rule, apply(panel), where);
    for (const target of panel.targets)
      for (const selector of selectorsOf(target.expr))
        for (const [rule, apply] of Object.entries(selectorRules))
          add(rule, apply(selector, target), where, selector.metric);
  }
  return findings;
}
