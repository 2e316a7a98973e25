import uPlot from 'uplot';
import type { ChartFacts, LiveEvent } from './live-facts.ts';
import { formatTick, formatValue } from './live-format.ts';
import { latestOf } from './live-history.ts';
import type { Column, History } from './live-history.ts';

/** One chart with its title, and a legend that shows the values under the pointer, or the present ones. */
export type LiveChart = { readonly show: (history: History) => void };

type Line = {
  readonly label: string;
  readonly candidate: string;
  readonly name: string;
  /** The name of a CSS variable. */
  readonly colour: string;
  readonly dash: readonly number[];
};

type LegendEntry = { readonly set: (value: number | null, isThere: boolean) => string };

const colours = 6;
/** Lines are told apart by their dashes too, for those who do not see the colours. */
const dashes = [[], [6, 3], [2, 3], [9, 3, 2, 3]] as const;
const heightPx = 190;
const shortestSeconds = 60;

export function createLiveChart(
  place: HTMLElement,
  described: ChartFacts,
  candidates: readonly string[],
  eventsNow: () => readonly LiveEvent[],
): LiveChart {
  // The shares of two candidates do not lie upon each other.
  const chart = { ...described, isStacked: described.isStacked && candidates.length === 1 };
  const { plotPlace, legend } = createFrame(place, chart);
  const lines = linesOf(chart, candidates);
  const entries = lines.map((line) => createLegendEntry(legend, line, chart));
  let times: readonly number[] = [];
  let columns: readonly Column[] = lines.map(() => []);

  const showValues = (index: number | null): void => {
    const texts = columns.map((column, line) => {
      const value = index === null ? latestOf(column) : (column[index] ?? null);
      return (
        entries[line]?.set(
          value,
          column.some((any) => any !== null),
        ) ?? ''
      );
    });
    plotPlace.setAttribute('aria-label', `${chart.title} ${texts.filter((text) => text !== '').join(', ')}`);
  };
  const drawn = (): uPlot.AlignedData =>
    [[...times], ...(chart.isStacked ? stack(columns) : columns)] as uPlot.AlignedData;
  const make = (): uPlot =>
    new uPlot(optionsOf(chart, lines, plotPlace.clientWidth, eventsNow, showValues), drawn(), plotPlace);
  let plot = make();
  new ResizeObserver(() => plot.setSize({ width: plotPlace.clientWidth, height: heightPx })).observe(
    plotPlace,
  );
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
    plot.destroy();
    plot = make();
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

function createFrame(place: HTMLElement, chart: ChartFacts) {
  const article = document.createElement('article');
  const title = document.createElement('h2');
  title.textContent = chart.title;
  const description = document.createElement('p');
  description.textContent = chart.description;
  const plotPlace = document.createElement('div');
  plotPlace.className = 'plot';
  plotPlace.id = `plot-${chart.id}`;
  plotPlace.setAttribute('role', 'img');
  const legend = document.createElement('ul');
  legend.className = 'legend';
  article.append(title, description, legend, plotPlace);
  place.append(article);
  return { plotPlace, legend };
}

function linesOf({ labels }: ChartFacts, candidates: readonly string[]): Line[] {
  const isOne = candidates.length === 1;
  return candidates.flatMap((candidate, candidateIndex) =>
    labels.map((label, labelIndex) => ({
      label,
      candidate,
      name: isOne ? label : `${candidate}: ${label}`,
      colour: `--series-${(labelIndex % colours) + 1}`,
      dash: dashes[(isOne ? labelIndex : candidateIndex) % dashes.length] ?? [],
    })),
  );
}

/** Each line upon those below it; one that was never there stays away. */
function stack(columns: readonly Column[]): Column[] {
  let below: readonly number[] = [];
  return columns.map((column) => {
    if (column.every((value) => value === null)) return column;
    const upon = column.map((value, index) => (value ?? 0) + (below[index] ?? 0));
    below = upon;
    return column.map((value, index) => (value === null ? null : (upon[index] ?? null)));
  });
}

function createLegendEntry(
  legend: HTMLElement,
  { name, colour, dash }: Line,
  { unit }: ChartFacts,
): LegendEntry {
  const item = document.createElement('li');
  const value = document.createElement('b');
  item.append(createSwatch(colour, dash), `${name} `, value);
  legend.append(item);
  return {
    set(number, isThere) {
      item.hidden = !isThere;
      value.textContent = formatValue(unit, number);
      return isThere ? `${name} ${value.textContent}` : '';
    },
  };
}

function createSwatch(colour: string, dash: readonly number[]): SVGElement {
  const space = 'http://www.w3.org/2000/svg';
  const svg = document.createElementNS(space, 'svg');
  svg.setAttribute('viewBox', '0 0 24 8');
  svg.setAttribute('aria-hidden', 'true');
  const line = document.createElementNS(space, 'line');
  for (const [name, value] of [
    ['x1', '0'],
    ['x2', '24'],
    ['y1', '4'],
    ['y2', '4'],
  ] as const)
    line.setAttribute(name, value);
  line.style.stroke = `var(${colour})`;
  line.style.strokeWidth = '3';
  line.style.strokeDasharray = dash.join(' ');
  svg.append(line);
  return svg;
}

const styleOf = (name: string): string =>
  getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function optionsOf(
  chart: ChartFacts,
  lines: readonly Line[],
  width: number,
  eventsNow: () => readonly LiveEvent[],
  onCursor: (index: number | null) => void,
): uPlot.Options {
  const grid = { stroke: styleOf('--line'), width: 1 };
  const axis = { stroke: styleOf('--muted'), grid, ticks: grid, font: '12px system-ui, sans-serif' };
  const ticks = (_: uPlot, splits: number[]) => splits.map((value) => formatTick(chart.unit, value));
  return {
    width,
    height: heightPx,
    legend: { show: false },
    cursor: { sync: { key: 'live' }, points: { show: false }, drag: { x: false, y: false } },
    scales: { x: { range: timeRange }, y: { range: (_, _low, high) => rangeOf(chart, high) } },
    axes: [
      { ...axis, space: 80, size: 32, values: clockTicks },
      { ...axis, size: 64, values: ticks },
    ],
    series: [{}, ...lines.map((line) => seriesOf(chart, line))],
    // A band lies between a line and the one below it.
    bands: chart.isStacked ? lines.slice(1).map((_, index) => ({ series: [index + 2, index + 1] })) : [],
    hooks: {
      drawClear: [(plot) => drawEvents(plot, eventsNow())],
      setCursor: [(plot) => onCursor(plot.cursor.idx ?? null)],
    },
  };
}

function clockTicks(_: uPlot, splits: number[]): string[] {
  return splits.map((seconds) => new Date(seconds * 1000).toLocaleTimeString());
}

function seriesOf({ isStacked }: ChartFacts, { colour, dash }: Line): uPlot.Series {
  const stroke = styleOf(colour);
  return {
    stroke,
    width: 1.75,
    dash: isStacked ? [] : [...dash],
    points: { show: false },
    ...(isStacked && { fill: `${stroke}40` }),
  };
}

/** A minute at least, so that the first figures are not drawn as wide as the page. */
function timeRange(_: uPlot, low: number, high: number): [number, number] {
  return [Math.min(low, high - shortestSeconds), high];
}

/** From 0, and high enough that what is next to nothing looks like it. */
function rangeOf({ unit, isStacked }: ChartFacts, high: number | null): [number, number] {
  if (isStacked) return [0, 1];
  const least = { share: 0.05, seconds: 0.001, 'per-second': 1, ratio: 1 }[unit];
  return [0, Math.max(least, (high ?? 0) * 1.1)];
}

/** Stretches of time in which something was wrong, behind the lines. */
function drawEvents(plot: uPlot, events: readonly LiveEvent[]): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  for (const { from, to } of events) {
    const left = plot.valToPos(from, 'x', true);
    const right = plot.valToPos(to ?? plot.scales['x']?.max ?? from, 'x', true);
    ctx.fillStyle = styleOf('--mark');
    ctx.fillRect(left, bbox.top, Math.max(2, right - left), bbox.height);
    ctx.fillStyle = styleOf('--bad');
    ctx.fillRect(left, bbox.top, 2, bbox.height);
  }
  ctx.restore();
}
