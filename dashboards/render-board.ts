import * as common from '@grafana/grafana-foundation-sdk/common';
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
  ThresholdsConfigBuilder,
  ThresholdsMode,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard';
import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { PanelBuilder as HeatmapBuilder, YAxisConfigBuilder } from '@grafana/grafana-foundation-sdk/heatmap';
import { DataqueryBuilder, PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as TableBuilder } from '@grafana/grafana-foundation-sdk/table';
import { PanelBuilder as TimeseriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries';
import { experimentMetrics } from '../app/contract/load-metrics.ts';
import { prometheusMetrics } from '../app/contract/exporter-metrics.ts';
import { runtimeMetrics, serviceMetrics } from '../app/contract/service-metrics.ts';
import type { Board, Panel, PanelQuery } from './board.ts';
import { anyRound } from './board-scope.ts';

/** Whichever Prometheus is chosen at the top. */
const dataSource = { type: 'prometheus', uid: '${datasource}' };
const rowHeight = 1;
const panelHeight = 8;
const gridColumns = 24;
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
    y = placePanels(builder, panels, y + rowHeight);
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
    .withVariable(scrapeIntervals());
  if (hasRounds)
    builder.withVariable(
      query('round', 'Round', `label_values(${blockInfo}, round)`, VariableSort.NumericalAsc).allValue(
        anyRound,
      ),
    );
}

/** Windows of rates are as many times as long; Grafana would take 15 seconds where its data source says nothing. */
function scrapeIntervals(): CustomVariableBuilder {
  return new CustomVariableBuilder('scrape')
    .label('Scraped every')
    .description('How often this Prometheus scrapes; or longer, for smoother lines.')
    .values('1s,5s,15s,30s,1m')
    .current({ selected: true, text: '1s', value: '1s' });
}

/**
 * What happens is marked on all panels: alerts that fire, processes that begin, an experiment. Together a round is one mark for
 * all candidates; in turns each candidate has a block of its own.
 */
function addAnnotations(builder: DashboardBuilder, { hasRounds = false }: Board): void {
  const mark = (name: string, expr: string, colour: string, title: string) =>
    new AnnotationQueryBuilder()
      .name(name)
      .datasource(dataSource)
      .enable(true)
      .iconColor(colour)
      .expr(expr)
      .titleFormat(title)
      .textFormat(title)
      .step('1s');
  const begun = `${processStart}{job=~"$job",candidate=~"$candidate"} * 1000`;
  const block = (slot: string) =>
    `${blockInfo}{candidate=~"$candidate",${hasRounds ? 'round=~"$round",' : ''}${slot}}`;
  builder
    .annotation(mark('Alerts', `${alerts}{alertstate="firing"}`, 'red', '{{alertname}} {{candidate}}'))
    // At the time that is the value, whatever the step.
    .annotation(mark('Runs', begun, 'blue', '{{candidate}} {{instance}} begins').useValueForTime(true))
    .annotation(mark('Rounds', `max by (round) (${block('slot="0"')})`, 'green', 'round {{round}}'))
    .annotation(mark('Blocks in turns', block('slot!="0"'), 'green', '{{candidate}} round {{round}}'));
}

/** From left to right, as many as there is room for. Returns the first line below them. */
function placePanels(builder: DashboardBuilder, panels: readonly Panel[], top: number): number {
  let [x, y] = [0, top];
  for (const panel of panels) {
    const w = panel.columns ?? 8;
    if (x + w > gridColumns) [x, y] = [0, y + panelHeight];
    builder.withPanel(renderPanel(panel).gridPos({ h: panelHeight, w, x, y }));
    x += w;
  }
  return y + panelHeight;
}

/** Lines with a legend below, and all their values under the pointer. */
function timeseries(): TimeseriesBuilder {
  return new TimeseriesBuilder()
    .lineWidth(1)
    .showPoints(common.VisibilityMode.Never)
    .legend(
      new common.VizLegendOptionsBuilder()
        .displayMode(common.LegendDisplayMode.List)
        .placement(common.LegendPlacement.Bottom)
        .showLegend(true),
    )
    .tooltip(
      new common.VizTooltipOptionsBuilder()
        .mode(common.TooltipDisplayMode.Multi)
        .sort(common.SortOrder.Descending),
    );
}

function builderOf({ kind = 'lines', unit }: Panel) {
  switch (kind) {
    case 'stat':
      return new StatBuilder();
    case 'table':
      return new TableBuilder();
    case 'heatmap':
      return new HeatmapBuilder().yAxis(new YAxisConfigBuilder().unit(unit));
    case 'lines':
      return timeseries();
    case 'stack':
      // The parts of one candidate are a whole; those of two would be stacked to twice of it.
      return timeseries()
        .repeat('candidate')
        .fillOpacity(30)
        .min(0)
        .max(1)
        .stacking(new common.StackingConfigBuilder().mode(common.StackingMode.Normal));
  }
}

function renderPanel(panel: Panel) {
  const { title, description, unit, queries, kind = 'lines', badFrom, mayBeEmpty, leadsTo = [] } = panel;
  const builder = builderOf(panel).title(title).description(description).datasource(dataSource);
  if (leadsTo.length > 0) builder.links(leadsTo.map(linkTo));
  if (kind !== 'heatmap') builder.unit(unit);
  if (mayBeEmpty !== undefined) builder.noValue(mayBeEmpty);
  if (badFrom !== undefined)
    builder.thresholds(
      new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps([
        { value: null, color: 'green' },
        { value: badFrom, color: 'red' },
      ]),
    );
  if (kind === 'lines' && badFrom !== undefined && builder instanceof TimeseriesBuilder)
    builder.thresholdsStyle(
      new common.GraphThresholdsStyleConfigBuilder().mode(common.GraphThresholdsStyleMode.Dashed),
    );
  for (const [index, query] of queries.entries()) builder.withTarget(renderQuery(query, index, kind));
  return builder;
}

/** To another board, with the same time and the same choices. */
function linkTo(uid: string): DashboardLinkBuilder {
  return new DashboardLinkBuilder(`Board ${uid.replace('darkroom-', '')}`)
    .type(DashboardLinkType.Link)
    .url(`/d/${uid}?\${__url_time_range}&\${__all_variables}`);
}

function renderQuery({ expr, legend, hasExemplars }: PanelQuery, index: number, kind: Panel['kind']) {
  const query = new DataqueryBuilder()
    .datasource(dataSource)
    .refId(String.fromCodePoint(65 + index))
    .expr(expr)
    .interval('$scrape')
    .legendFormat(legend);
  if (hasExemplars === true) query.exemplar(true);
  if (kind === 'heatmap') query.format(PromQueryFormat.Heatmap);
  if (kind === 'table') return query.instant().format(PromQueryFormat.Table);
  return query.range();
}
