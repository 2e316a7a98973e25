import uPlot from 'uplot';
import type { ChartFacts, LiveEvent, LiveRound } from './live-facts.ts';
import { clockTime, formatTick } from './live-format.ts';
import { latestOf } from './live-history.ts';
import type { Column, History } from './live-history.ts';
import { createLegend, linesOf } from './live-legend.ts';
import type { Line } from './live-legend.ts';
import { colourOf, drawEvents, drawNames, drawRounds, styleOf } from './live-marks.ts';

/** One chart with its title, and a legend that shows the values under the pointer, or the present ones. */
export type LiveChart = { readonly show: (history: History) => void };

export type LiveChartSettings = {
  /** The id of the element of the page in which the chart is drawn. */
  readonly elementId: string;
  readonly candidates: readonly string[];
  readonly marksNow: () => LiveMarks;
};

/** What is marked on every chart. */
export type LiveMarks = { readonly events: readonly LiveEvent[]; readonly rounds: readonly LiveRound[] };

const syncKey = 'live';
const heightPx = 190;
const shortestSeconds = 60;
/** Above, there must be room for the numbers of events, and at the right for half of the last time of the axis. */
const padding: uPlot.Padding = [16, 30, 0, 0];

export function createLiveChart(
  place: HTMLElement,
  chart: ChartFacts,
  { elementId, candidates, marksNow }: LiveChartSettings,
): LiveChart {
  const { plotPlace, legend, time } = createFrame(place, chart.title, chart.description);
  plotPlace.id = elementId;
  const lines = linesOf(chart, candidates);
  const entries = createLegend(legend, chart, lines);
  let times: readonly number[] = [];
  let columns: readonly Column[] = lines.map(() => []);

  const showValues = (index: number | null): void => {
    const values = columns.map((column) => (index === null ? latestOf(column) : (column[index] ?? null)));
    const texts = entries.map((entry, line) => entry.set(values[line] ?? null));
    const pointed = index === null ? undefined : times[index];
    time.textContent = pointed === undefined ? '' : clockTime(pointed);
    plotPlace.setAttribute(
      'aria-label',
      `${chart.title} ${time.textContent} ${texts.join(', ')}`.replaceAll('  ', ' '),
    );
  };
  const drawn = (): uPlot.AlignedData =>
    [[...times], ...(chart.isStacked ? stack(columns) : columns)] as uPlot.AlignedData;
  const make = (): uPlot => {
    const options = optionsOf(chart, lines, plotPlace.clientWidth);
    options.hooks = {
      drawClear: [
        (made) => drawRounds(made, marksNow().rounds),
        (made) => drawEvents(made, marksNow().events),
      ],
      draw: [(made) => chart.isStacked && drawNames(made, lines)],
      setCursor: [(made) => showValues(made.cursor.idx ?? null)],
    };
    return new uPlot(options, drawn(), plotPlace);
  };
  let plot = make();
  new ResizeObserver(() => plot.setSize({ width: plotPlace.clientWidth, height: heightPx })).observe(
    plotPlace,
  );
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
    plot.destroy();
    plot = make();
  });
  plotPlace.addEventListener('keydown', (event) => {
    const index = indexAfter(event.key, plot.cursor.idx ?? null, times.length);
    if (index === undefined) return;
    event.preventDefault();
    pointAt(index === null ? null : (times[index] ?? null));
  });
  return {
    show(history) {
      times = history.times();
      columns = lines.map(({ candidate, label }) => history.column(chart.id, candidate, label));
      plot.setData(drawn());
      showValues(plot.cursor.idx ?? null);
    },
  };
}

/** Shows the crosshair of all charts at this time, or none. */
function pointAt(time: number | null): void {
  for (const plot of uPlot.sync(syncKey).plots)
    plot.setCursor({ left: time === null ? -10 : plot.valToPos(time, 'x'), top: 0 }, true);
}

/** Where a key moves the crosshair: null takes it away, undefined leaves it where it is. */
function indexAfter(key: string, index: number | null, length: number): number | null | undefined {
  const last = length - 1;
  if (key === 'Escape') return null;
  if (last < 0) return undefined;
  if (key === 'ArrowLeft') return Math.max(0, (index ?? length) - 1);
  if (key === 'ArrowRight') return Math.min(last, (index ?? last) + 1);
  if (key === 'Home') return 0;
  return key === 'End' ? last : undefined;
}

function createFrame(place: HTMLElement, titleText: string, descriptionText: string) {
  const article = document.createElement('article');
  const head = document.createElement('header');
  const title = document.createElement('h2');
  title.textContent = titleText;
  const time = document.createElement('time');
  head.append(title, time);
  const description = document.createElement('p');
  description.textContent = descriptionText;
  const plotPlace = document.createElement('div');
  plotPlace.className = 'plot';
  plotPlace.tabIndex = 0;
  plotPlace.setAttribute('role', 'img');
  const legend = document.createElement('div');
  legend.className = 'legend';
  article.append(head, description, legend, plotPlace);
  place.append(article);
  return { plotPlace, legend, time };
}

/** Adds to each line those below it, so that they are drawn one upon the other. A line without any value is left as it is. */
function stack(columns: readonly Column[]): Column[] {
  let below: readonly number[] = [];
  return columns.map((column) => {
    if (column.every((value) => value === null)) return column;
    const upon = column.map((value, index) => (value ?? 0) + (below[index] ?? 0));
    below = upon;
    return column.map((value, index) => (value === null ? null : (upon[index] ?? null)));
  });
}

function optionsOf(chart: ChartFacts, lines: readonly Line[], width: number): uPlot.Options {
  const grid = { stroke: styleOf('--line'), width: 1 };
  const axis = { stroke: styleOf('--muted'), grid, ticks: grid, font: '12px system-ui, sans-serif' };
  const ticks = (_: uPlot, splits: number[]) => splits.map((value) => formatTick(chart.unit, value));
  return {
    width,
    height: heightPx,
    padding,
    legend: { show: false },
    cursor: { sync: { key: syncKey }, points: { show: false }, drag: { x: false, y: false } },
    scales: { x: { range: timeRange }, y: { range: (_, _low, high) => rangeOf(chart, high) } },
    axes: [
      { ...axis, space: 72, size: 32, values: (_, splits) => splits.map(clockTime) },
      { ...axis, size: 60, values: ticks },
    ],
    series: [{}, ...lines.map((line) => seriesOf(chart, line))],
    // A band lies between a line and the one below it.
    bands: chart.isStacked ? lines.slice(1).map((_, index) => ({ series: [index + 2, index + 1] })) : [],
  };
}

function seriesOf({ isStacked }: ChartFacts, { colour, dash }: Line): uPlot.Series {
  const stroke = colourOf(colour);
  return {
    stroke,
    width: isStacked ? 1 : 1.75,
    dash: isStacked ? [] : [...dash],
    points: { show: false },
    ...(isStacked && { fill: `${stroke}40` }),
  };
}

/** The axis spans a minute at least: otherwise the first few figures would be stretched over the whole width. */
function timeRange(_: uPlot, low: number, high: number): [number, number] {
  return [Math.min(low, high - shortestSeconds), high];
}

/**
 * The axis begins at 0 and has a least height by unit, so that tiny values are drawn near the bottom and not over all of it.
 */
function rangeOf({ unit, isStacked }: ChartFacts, high: number | null): [number, number] {
  if (isStacked) return [0, 1];
  const least = { share: 0.05, seconds: 0.001, 'per-second': 1, ratio: 1 }[unit];
  return [0, Math.max(least, (high ?? 0) * 1.1)];
}
