import {
  AnnotationQueryBuilder,
  CustomVariableBuilder,
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  RowBuilder,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard';
import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { experimentMetrics } from '../app/contract/load-metrics.ts';
import { scrapeJobs } from '../app/contract/metric-catalogue.ts';
import { prometheusMetrics } from '../app/contract/exporter-metrics.ts';
import { runtimeMetrics, serviceMetrics } from '../app/contract/service-metrics.ts';
import type { Board, Panel } from './board.ts';
import { anyRound, processJobs } from './board-scope.ts';
import { gridColumns, placePanels } from './place-panels.ts';
import { dataSource, renderPanel } from './render-panel.ts';

const rowHeight = 1;
const { name: runInfo } = serviceMetrics.runInfo;
const { name: processStart } = runtimeMetrics.processStart;
const { name: blockInfo } = experimentMetrics.experimentBlock;
const { name: alerts } = prometheusMetrics.alerts;

/** The board as Grafana imports it (classic form, Grafana 10 and later). The same board always gives the same text. */
export function renderBoard(board: Board): string {
  const builder = new DashboardBuilder(board.title)
    .uid(board.uid)
    .description(board.description)
    .tags(['darkroom'])
    // It is generated: what is changed by hand is lost with the next import.
    .readonly()
    .timezone('browser')
    .time({ from: 'now-15m', to: 'now' })
    .refresh('5s')
    .tooltip(DashboardCursorSync.Crosshair)
    .link(
      new DashboardLinkBuilder('Other boards')
        .type(DashboardLinkType.Dashboards)
        .tags(['darkroom'])
        .asDropdown(true)
        .includeVars(true)
        .keepTime(true),
    );
  addVariables(builder, board);
  addAnnotations(builder, board);
  let y = 0;
  for (const { title, panels } of board.rows) {
    builder.withRow(new RowBuilder(title).gridPos({ h: rowHeight, w: gridColumns, x: 0, y }));
    y = addPanels(builder, panels, y + rowHeight);
  }
  return `${JSON.stringify(numbered(builder.build()), withoutStrangers, 2)}\n`;
}

/** Ids by place, so that links to a panel stay. */
function numbered(dashboard: Dashboard): Dashboard {
  for (const [index, panel] of (dashboard.panels ?? []).entries()) panel.id = index + 1;
  return dashboard;
}

/**
 * What the builders add by themselves: `auto` of variables and `footer` of tables, which Grafana's form no longer has, and the
 * placement that would hide links and annotations in a menu.
 */
const strangers = new Set(['auto', 'auto_min', 'auto_count', 'footer']);
const withoutStrangers = (key: string, value: unknown): unknown =>
  strangers.has(key) || value === 'inControlsMenu' ? undefined : value;

/** Every choice begins with All. What All stands for, in a regular expression, where that is not the list of values. */
const anyValue = '.+';

function addVariables(builder: DashboardBuilder, { hasRounds = false }: Board): void {
  const query = (name: string, label: string, text: string, sort = VariableSort.AlphabeticalAsc) =>
    new QueryVariableBuilder(name)
      .label(label)
      .datasource(dataSource)
      .query({ query: text, refId: `variable-${name}` })
      .refresh(VariableRefresh.OnTimeRangeChanged)
      .sort(sort)
      .multi(true)
      .includeAll(true)
      .current({ selected: true, text: 'All', value: '$__all' });
  const candidates = `label_values(${runInfo}{job=~"$job",cache_strategy=~"$strategy"}, candidate)`;
  const instances = `label_values(${runInfo}{job=~"$job",candidate=~"$candidate"}, instance)`;
  builder
    .withVariable(new DatasourceVariableBuilder('datasource').label('Data source').type('prometheus'))
    .withVariable(query('job', 'Job', `label_values(${runInfo}, job)`).allValue(anyValue))
    .withVariable(query('strategy', 'Strategy', `label_values(${runInfo}{job=~"$job"}, cache_strategy)`))
    // All of them are those of the chosen strategies: panels know of candidates only.
    .withVariable(query('candidate', 'Candidate', candidates))
    .withVariable(query('instance', 'Instance', instances).allValue(anyValue))
    .withVariable(scrapeIntervals())
    .withVariable(rareWindows());
  if (hasRounds)
    builder.withVariable(
      query('round', 'Round', `label_values(${blockInfo}, round)`, VariableSort.NumericalAsc).allValue(
        anyRound,
      ),
    );
}

/**
 * How often Prometheus scrapes: windows of rates are a multiple of it. Without this choice Grafana would take
 * 15 seconds where its data source says nothing.
 */
function scrapeIntervals(): CustomVariableBuilder {
  return new CustomVariableBuilder('scrape')
    .label('Scraped every')
    .description('How often this Prometheus scrapes; or longer, for smoother lines.')
    .values('1s,5s,15s,30s,1m')
    .current({ selected: true, text: '1s', value: '1s' });
}

/** The windows over which rare events are counted: none is shorter than a few scrapes. */
function rareWindows(): CustomVariableBuilder {
  return new CustomVariableBuilder('rare')
    .label('Rare events over')
    .description('Failures and other rare events are counted over this window; no shorter than four scrapes.')
    .values('1m,5m,15m,1h')
    .current({ selected: true, text: '1m', value: '1m' });
}

/**
 * What happens is marked on all panels: alerts that fire, processes that begin, an experiment. Together a round is one mark for
 * all candidates; in turns each candidate has a block of its own.
 */
function addAnnotations(builder: DashboardBuilder, { hasRounds = false }: Board): void {
  const mark = (name: string, expr: string, colour: string, title: string, text: string) =>
    new AnnotationQueryBuilder()
      .name(name)
      .datasource(dataSource)
      .enable(true)
      .iconColor(colour)
      .expr(expr)
      .titleFormat(title)
      .textFormat(text)
      .step('1s');
  // Exporters of a candidate have a start of their own.
  const begun = `${processStart}{job=~"$job",job=~"${processJobs.join('|')}",candidate=~"$candidate"} * 1000`;
  const block = (slot: string) =>
    `${blockInfo}{job="${scrapeJobs.driver}",candidate=~"$candidate",${hasRounds ? 'round=~"$round",' : ''}${slot}}`;
  builder
    .annotation(mark('Alerts', `${alerts}{alertstate="firing"}`, 'red', '{{alertname}}', '{{candidate}}'))
    // The mark stands at the time that the value says, whatever the step of the query.
    .annotation(mark('Runs', begun, 'blue', '{{instance}} begins', '{{candidate}}').useValueForTime(true))
    .annotation(
      mark('Rounds', `max by (round) (${block('slot="0"')})`, 'green', 'round {{round}}', 'all candidates'),
    )
    .annotation(mark('Blocks in turns', block('slot!="0"'), 'green', 'round {{round}}', '{{candidate}}'));
}

/** Returns the first line below them. */
function addPanels(builder: DashboardBuilder, panels: readonly Panel[], top: number): number {
  let below = top;
  for (const { panel, ...place } of placePanels(panels)) {
    builder.withPanel(renderPanel(panel).gridPos({ ...place, y: top + place.y }));
    below = top + place.y + place.h;
  }
  return below;
}
