import * as common from '@grafana/grafana-foundation-sdk/common';
import {
  DashboardLinkBuilder,
  DashboardLinkType,
  FieldColorBuilder,
  FieldColorModeId,
  ThresholdsConfigBuilder,
  ThresholdsMode,
} from '@grafana/grafana-foundation-sdk/dashboard';
import type { Threshold } from '@grafana/grafana-foundation-sdk/dashboard';
import { PanelBuilder as HeatmapBuilder, YAxisConfigBuilder } from '@grafana/grafana-foundation-sdk/heatmap';
import { DataqueryBuilder, PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder as TableBuilder } from '@grafana/grafana-foundation-sdk/table';
import { PanelBuilder as TimeseriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries';
import { boardNames } from './board-names.ts';
import type { BoardName } from './board-names.ts';
import type { Panel, PanelQuery } from './board.ts';
import { softMaxima } from './board-units.ts';
import { rounded } from './rounded.ts';
import { partColours, parts } from './series-colours.ts';
import { arrangeColumns, valueField } from './table-columns.ts';

/** Whichever Prometheus is chosen at the top. */
export const dataSource = { type: 'prometheus', uid: '${datasource}' };

/**
 * As often as Prometheus scrapes, as it is chosen at the top. The panel and each of its queries have it: Grafana makes the window of
 * rates from both, and takes a quarter of a minute where one of them says nothing.
 */
const scrapeInterval = '$scrape';

/** The axis of a share of good events begins this many times as far below 1 as the promise is. */
const leftOversShown = 10;

/** What stands in a cell of a table that has no value: Grafana would write there what the panel says when all of it is empty. */
const emptyCell = '–';

/** Panels of candidates that lie beside each other: Grafana would put four there, and cut their titles. */
const repeatedBesideMax = 2;

export function renderPanel(panel: Panel) {
  const { description, unit, queries, kind = 'lines', mayBeEmpty, leadsTo = [] } = panel;
  const builder = builderOf(panel)
    .title(titleOf(panel))
    .description(description)
    .datasource(dataSource)
    .interval(scrapeInterval);
  if (leadsTo.length > 0) builder.links(leadsTo.map(linkTo));
  if (kind !== 'heatmap') builder.unit(unit);
  if (mayBeEmpty !== undefined) builder.noValue(mayBeEmpty);
  const steps = thresholdsOf(panel);
  if (steps !== null)
    builder.thresholds(new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps(steps));
  for (const [index, query] of queries.entries()) builder.withTarget(renderQuery(query, index, kind));
  return builder;
}

/** A panel that is there once for each candidate says whose it is. */
function titleOf({ title, isPerCandidate = false }: Panel): string {
  return isPerCandidate ? title.replace(/\?$/, ' ($candidate)?') : title;
}

function builderOf(panel: Panel) {
  const { kind = 'lines', unit } = panel;
  switch (kind) {
    case 'table':
      return tableOf(panel);
    case 'heatmap':
      return new HeatmapBuilder().yAxis(new YAxisConfigBuilder().unit(unit));
    case 'lines':
      return linesOf(panel);
    case 'stack':
      // The parts of one candidate are a whole; those of two would be stacked to twice of it.
      return linesOf(panel)
        .fillOpacity(30)
        .min(0)
        .max(1)
        .stacking(new common.StackingConfigBuilder().mode(common.StackingMode.Normal));
  }
}

function tableOf({ table = [], queries }: Panel): TableBuilder {
  const builder = new TableBuilder();
  for (const transformation of arrangeColumns(table, queries.length))
    builder.withTransformation(transformation);
  for (const { of, unit = 'none' } of table)
    builder.overrideByName(valueField(of, queries.length), [
      { id: 'noValue', value: emptyCell },
      ...(typeof of === 'number' ? [{ id: 'unit', value: unit }] : []),
    ]);
  return builder;
}

/** Lines with a legend below, and all their values under the pointer. */
function linesOf(panel: Panel): TimeseriesBuilder {
  const { badFrom, badBelow, isPerCandidate = false, kind } = panel;
  const builder = new TimeseriesBuilder()
    .lineWidth(1)
    // Points are hidden where there is a line; a value between two gaps, which has no line, is shown as a
    // point.
    .showPoints(common.VisibilityMode.Auto)
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.PaletteClassicByName))
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
  if (kind !== 'stack') addAxis(builder, panel);
  if ((badFrom ?? badBelow) !== undefined)
    builder.thresholdsStyle(
      new common.GraphThresholdsStyleConfigBuilder().mode(common.GraphThresholdsStyleMode.Dashed),
    );
  if (isPerCandidate) {
    builder.repeat('candidate').maxPerRow(repeatedBesideMax);
    for (const part of parts)
      if (panel.queries.some(({ legend }) => legend === part))
        builder.overrideByName(part, [
          { id: 'color', value: { mode: 'fixed', fixedColor: partColours[part] } },
        ]);
  }
  return builder;
}

/**
 * The axis of a panel: from 0 to at least what `softMaxima` says and to the threshold; exactly from 0 to 1
 * for a unit that has no such value. The axis of a share that should be near 1 ends at 1 and begins below the
 * promise.
 */
function addAxis(builder: TimeseriesBuilder, { unit, badFrom = 0, badBelow }: Panel): void {
  if (badBelow !== undefined) {
    builder.max(1).axisSoftMin(rounded(1 - (1 - badBelow) * leftOversShown));
    return;
  }
  builder.axisSoftMin(0);
  const softMaximum = softMaxima[unit];
  if (softMaximum === null) builder.min(0).max(1);
  else builder.axisSoftMax(Math.max(softMaximum, rounded(badFrom)));
}

function thresholdsOf({ badFrom, badBelow }: Panel): Threshold[] | null {
  if (badFrom !== undefined)
    return [
      { value: null, color: 'green' },
      { value: rounded(badFrom), color: 'red' },
    ];
  if (badBelow === undefined) return null;
  return [
    { value: null, color: 'red' },
    { value: rounded(badBelow), color: 'green' },
  ];
}

/** To another board, with the same time and the same choices. */
function linkTo(uid: BoardName): DashboardLinkBuilder {
  return new DashboardLinkBuilder(`Board ${boardNames[uid]}`)
    .type(DashboardLinkType.Link)
    .url(`/d/${uid}?\${__url_time_range}&\${__all_variables}`);
}

function renderQuery({ expr, legend, hasExemplars }: PanelQuery, index: number, kind: Panel['kind']) {
  const query = new DataqueryBuilder()
    .datasource(dataSource)
    .refId(letterOf(index))
    .expr(expr)
    .interval(scrapeInterval)
    .legendFormat(legend);
  if (hasExemplars === true) query.exemplar(true);
  if (kind === 'heatmap') query.format(PromQueryFormat.Heatmap);
  if (kind === 'table') return query.instant().format(PromQueryFormat.Table);
  return query.range();
}

const letterOf = (index: number): string => String.fromCodePoint(65 + index);
