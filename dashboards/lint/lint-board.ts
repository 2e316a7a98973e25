import { complainOfQuery } from './promql-names.ts';
import type { PublishedDashboard, PublishedPanel } from './published-form.ts';

type AnyPanel = PublishedDashboard['panels'][number];

const isPanel = (panel: AnyPanel): panel is PublishedPanel => panel.type !== 'row';
const units = new Set(['s', 'percentunit', 'reqps', 'ops', 'short', 'bytes', 'none']);
const labelValues = /^label_values\((.+), \w+\)$/;
const legendLabels = /\{\{\s*(\w+)\s*\}\}/g;
/** Queries that say of a whole series what is asked of each: they name the job themselves. */
const isOfService = (expr: string): boolean =>
  /http_server_|db_client_|cache_(?!consistency|versions|visibility)|nodejs_|process_/.test(expr);

/**
 * What is wrong with a board: the rules of Grafana's dashboard-linter (templated data source, variables of job and instance,
 * titles, descriptions, units, PromQL that parses, windows and matchers), and our own (titles that ask, nothing that nobody
 * exposes, exemplars on quantiles of requests, no overlap).
 */
export function lintBoard(board: PublishedDashboard): string[] {
  return [
    ...(/^[a-z0-9-]{1,40}$/.test(board.uid ?? '') ? [] : ['has no id that Grafana takes']),
    ...lintVariables(board),
    ...lintPlaces(board.panels),
    ...board.panels
      .filter(isPanel)
      .flatMap((panel) => lintPanel(panel).map((complaint) => `${panel.title} ${complaint}`)),
    ...board.annotations.list.flatMap(({ name, expr }) =>
      complainOfQuery(expr).map((complaint) => `annotation ${name} ${complaint}`),
    ),
  ];
}

function lintVariables({ templating }: PublishedDashboard): string[] {
  const variables = new Map(templating.list.map((variable) => [variable.name, variable]));
  const missing = ['datasource', 'job', 'strategy', 'candidate', 'instance'].filter(
    (name) => !variables.has(name),
  );
  return [
    ...missing.map((name) => `has no variable ${name}`),
    ...(templating.list[0]?.type === 'datasource' ? [] : ['does not begin with the choice of a data source']),
    ...templating.list
      .filter(({ type }) => type === 'query')
      .flatMap(({ name, multi, includeAll, query }) => [
        ...(multi === true && includeAll === true ? [] : [`variable ${name} takes one value only`]),
        ...(typeof query === 'object' && labelValues.test(String(query['query']))
          ? complainOfQuery(String(query['query']).replace(labelValues, '$1'))
          : [`variable ${name} is no list of values`]),
      ]),
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

function lintPanel({ title, description, type, fieldConfig, targets, datasource }: PublishedPanel): string[] {
  const complaints: string[] = [];
  if (!title.endsWith('?')) complaints.push('is no question');
  if (description.length < 10) complaints.push('has next to no description');
  const unit = fieldConfig?.defaults.unit;
  if (type !== 'heatmap' && !units.has(unit ?? '')) complaints.push(`has the unit ${unit ?? 'of nothing'}`);
  for (const { uid } of [datasource, ...targets.map((target) => target.datasource ?? {})])
    if (uid !== '${datasource}') complaints.push('asks a data source of its own');
  if (new Set(targets.map(({ refId }) => refId)).size < targets.length) complaints.push('has a letter twice');
  return [...complaints, ...targets.flatMap(lintTarget)];
}

function lintTarget({ expr, legendFormat = '', exemplar }: PublishedPanel['targets'][number]): string[] {
  const complaints = complainOfQuery(expr);
  const windows = [...expr.matchAll(/\[([^\]]+)\]/g)].map((match) => match[1] ?? '');
  for (const window of windows)
    if (window !== '$__rate_interval' && !expr.startsWith('changes('))
      complaints.push(`has a window of its own: ${window}`);
  if (
    isOfService(expr) &&
    !expr.includes(':') &&
    !(expr.includes('job=~"$job"') && expr.includes('instance=~"$instance"'))
  )
    complaints.push('does not heed the chosen job and replica');
  if (
    expr.startsWith('histogram_quantile') &&
    expr.includes('http_server_request') &&
    exemplar !== true &&
    !expr.includes(' - ')
  )
    if (legendFormat.includes(' p') || legendFormat.includes('service'))
      complaints.push('shows no exemplars');
  const grouped = /\bby \(([^)]*)\)/
    .exec(expr)?.[1]
    ?.split(',')
    .map((label) => label.trim());
  for (const [, label = ''] of legendFormat.matchAll(legendLabels))
    if (grouped !== undefined && !grouped.includes(label))
      complaints.push(`names ${label}, which its query has summed away`);
  return complaints;
}
