import type { ChartFacts } from './live-facts.ts';
import { formatValue } from './live-format.ts';

/** A line of a chart, as it is drawn. */
export type Line = {
  readonly label: string;
  readonly candidate: string;
  readonly name: string;
  /** The name of a CSS variable, or a colour. */
  readonly colour: string;
  readonly dash: readonly number[];
};

export type LegendEntry = {
  /** Shows the value and returns what is said of it. */
  readonly set: (value: number | null) => string;
};

const colours = 6;
/** Lines are told apart by their dashes too, for those who do not see the colours. */
const dashes = [[], [6, 3], [2, 3], [9, 3, 2, 3]] as const;

/**
 * The lines of a chart. With one candidate, colour and dash tell its figures apart; with several, the colour
 * says which figure a line shows, and the dash whose it is. A label with a colour of its own keeps it. The
 * others skip as many of the page's colours, which resemble those of parts one by one: otherwise a hit ratio
 * would be as blue as the memory beside it.
 */
export function linesOf({ labels, colours: own }: ChartFacts, candidates: readonly string[]): Line[] {
  const isOne = candidates.length === 1;
  const taken = own.filter((colour) => colour !== null).length;
  return candidates.flatMap((candidate, candidateIndex) =>
    labels.map((label, labelIndex) => ({
      label,
      candidate,
      name: isOne ? label : labels.length === 1 ? candidate : `${candidate}: ${label}`,
      colour:
        own[labelIndex] ??
        `--series-${(((labels.length === 1 ? candidateIndex : labelIndex) + taken) % colours) + 1}`,
      dash: dashes[(isOne ? labelIndex : candidateIndex) % dashes.length] ?? [],
    })),
  );
}

/** An entry for each line; a row for each candidate, where each has several lines. */
export function createLegend(
  place: HTMLElement,
  chart: ChartFacts,
  lines: readonly Line[],
): readonly LegendEntry[] {
  const areRows = chart.labels.length > 1 && new Set(lines.map(({ candidate }) => candidate)).size > 1;
  let [row, rowOf] = [document.createElement('ul'), ''];
  if (!areRows) place.append(row);
  return lines.map((line) => {
    if (areRows && rowOf !== line.candidate) {
      rowOf = line.candidate;
      row = document.createElement('ul');
      const name = document.createElement('li');
      name.textContent = `${rowOf}:`;
      row.append(name);
      place.append(row);
    }
    return createEntry(row, line, areRows ? line.label : line.name, chart);
  });
}

function createEntry(
  row: HTMLElement,
  { name, colour, dash }: Line,
  shownName: string,
  { unit, isStacked }: ChartFacts,
): LegendEntry {
  const item = document.createElement('li');
  const value = document.createElement('b');
  item.append(createSwatch(colour, isStacked ? null : dash), `${shownName} `, value);
  row.append(item);
  return {
    set(number) {
      const text = formatValue(unit, number);
      if (value.textContent !== text) value.textContent = text;
      return `${name} ${text}`;
    },
  };
}

/** A piece of the line, or of the area where there is no dash. */
function createSwatch(colour: string, dash: readonly number[] | null): SVGElement {
  const space = 'http://www.w3.org/2000/svg';
  const svg = document.createElementNS(space, 'svg');
  const width = dash === null ? 12 : 24;
  svg.setAttribute('viewBox', `0 0 ${width} 8`);
  svg.style.width = `${width / 16}rem`;
  svg.setAttribute('aria-hidden', 'true');
  const line = document.createElementNS(space, 'line');
  for (const [name, value] of [
    ['x1', '0'],
    ['x2', String(width)],
    ['y1', '4'],
    ['y2', '4'],
  ] as const)
    line.setAttribute(name, value);
  line.style.stroke = colour.startsWith('--') ? `var(${colour})` : colour;
  line.style.strokeWidth = dash === null ? '8' : '3';
  line.style.strokeDasharray = (dash ?? []).join(' ');
  svg.append(line);
  return svg;
}
