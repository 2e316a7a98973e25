import { exclusions, isExcluded } from './exclusions.ts';
import { applyGrafanaRules } from './grafana-rules.ts';
import { complainOfQuery } from './promql-names.ts';
import type { PublishedDashboard, PublishedPanel } from './published-form.ts';
import { lintReading } from './reading-rules.ts';

type AnyPanel = PublishedDashboard['panels'][number];

const isPanel = (panel: AnyPanel): panel is PublishedPanel => panel.type !== 'row';
const legendLabels = /\{\{\s*(\w+)\s*\}\}/g;
const choices = ['datasource', 'job', 'strategy', 'candidate', 'instance', 'scrape', 'rare'];

/**
 * What is wrong with a board: the rules of Grafana's dashboard-linter, but for what is excluded with a reason, and our own
 * (titles that ask, choices that are there and are heeded, legends that say what is left, no overlap, and what can be read: see
 * `reading-rules.ts`).
 */
export function lintBoard(board: PublishedDashboard): string[] {
  const findings = applyGrafanaRules(board).filter(
    (finding) => !exclusions.some((exclusion) => isExcluded(finding, exclusion)),
  );
  return [
    ...findings.map(({ text }) => text),
    ...(/^[a-z0-9-]{1,40}$/.test(board.uid ?? '') ? [] : ['has no id that Grafana takes']),
    ...lintVariables(board),
    ...lintPlaces(board.panels),
    ...lintReading(board),
    ...board.panels
      .filter(isPanel)
      .flatMap((panel) => lintPanel(panel).map((complaint) => `${panel.title} ${complaint}`)),
    ...board.annotations.list.flatMap(({ name, expr }) =>
      complainOfQuery(expr).map((complaint) => `annotation ${name} ${complaint}`),
    ),
  ];
}

function lintVariables({ templating }: PublishedDashboard): string[] {
  const names = new Set(templating.list.map(({ name }) => name));
  return [
    ...choices.filter((name) => !names.has(name)).map((name) => `has no variable ${name}`),
    ...templating.list
      .filter(({ type, multi, includeAll }) => type === 'query' && !(multi === true && includeAll === true))
      .map(({ name }) => `variable ${name} has no All`),
    // Strategies choose among the candidates, and panels know of candidates only.
    ...templating.list
      .filter(({ name, allValue }) => name === 'candidate' && allValue !== undefined)
      .map(() => 'passes over the chosen strategies while All candidates are chosen'),
  ];
}

/** Panels have ids and titles of their own, and lie beside each other. */
function lintPlaces(panels: readonly AnyPanel[]): string[] {
  const complaints: string[] = [];
  for (const [index, panel] of panels.entries()) {
    const { x, y, w, h } = panel.gridPos;
    if (panel.repeat !== undefined && w < 24)
      complaints.push(`${panel.title} is repeated over its neighbours`);
    if (x + w > 24) complaints.push(`${panel.title} does not fit into the grid`);
    for (const other of panels.slice(index + 1)) {
      const { x: left, y: top, w: width, h: height } = other.gridPos;
      if (x < left + width && left < x + w && y < top + height && top < y + h)
        complaints.push(`${panel.title} lies upon ${other.title}`);
      if (panel.id === other.id) complaints.push(`${panel.title} has the id of ${other.title}`);
      if (panel.title === other.title) complaints.push(`${panel.title} is there twice`);
    }
  }
  return complaints;
}

function lintPanel({ title, targets }: PublishedPanel): string[] {
  return [
    ...(title.endsWith('?') ? [] : ['is no question']),
    ...(new Set(targets.map(({ refId }) => refId)).size < targets.length ? ['has a letter twice'] : []),
    ...targets.flatMap(lintTarget),
  ];
}

function lintTarget({ expr, legendFormat = '' }: PublishedPanel['targets'][number]) {
  const complaints: string[] = [];
  const grouped = /\bby \(([^)]*)\)/
    .exec(expr)?.[1]
    ?.split(',')
    .map((label) => label.trim());
  for (const [, label = ''] of legendFormat.matchAll(legendLabels))
    if (grouped !== undefined && !grouped.includes(label))
      complaints.push(`names ${label}, which its query has summed away`);
  return complaints;
}
