import { scrapeJobs } from '../../../app/contract/metric-catalogue.ts';
import { boardNames } from '../../../dashboards/board-names.ts';
import { softMaxima, thresholdShareMin } from '../../../dashboards/board-units.ts';
import { gridColumns } from '../../../dashboards/place-panels.ts';
import { partColours, parts } from '../../../dashboards/series-colours.ts';
import { limitsOf } from './limits-of.ts';
import type { PublishedDashboard, PublishedPanel } from './published-form.ts';
import { lintRareEvents, lintSeries, lintShares } from './query-rules.ts';
import { selectorsOf } from './selectors.ts';

type AnyPanel = PublishedDashboard['panels'][number];
type Target = PublishedPanel['targets'][number];
/** Each yields what makes a panel hard to read, or lets it mislead. */
type ReadingRule = (panel: PublishedPanel) => Iterable<string>;

const legendLabels = /\{\{\s*\w+\s*\}\}/g;
const quantile = /histogram_quantile\(([\d.]+),/g;
/** Who is not everywhere: where the service runs without the command line, or without exporters. */
const guests: ReadonlySet<string> = new Set([
  scrapeJobs.driver,
  scrapeJobs.postgres,
  scrapeJobs.redis,
  scrapeJobs.prometheus,
]);
/** Series of everybody alike, and of nobody: what is recorded, and what Prometheus says of its scrapes and alerts. */
const withoutJob = /:|^(?:up|ALERTS|scrape_\w+)$/;

const customOf = ({ type, fieldConfig }: PublishedPanel) =>
  type === 'timeseries' ? fieldConfig?.defaults.custom : undefined;
const isStacked = (panel: PublishedPanel): boolean => customOf(panel)?.stacking?.mode === 'normal';

/** From where on it is bad, where what is below is well. */
function badFromOf({ fieldConfig }: PublishedPanel): number | undefined {
  const [first, second] = fieldConfig?.defaults.thresholds?.steps ?? [];
  return first?.color === 'green' ? (second?.value ?? undefined) : undefined;
}

function* lintAxis(panel: PublishedPanel): Iterable<string> {
  const custom = customOf(panel);
  if (custom === undefined || isStacked(panel)) return;
  const { unit = '', max, min } = panel.fieldConfig?.defaults ?? {};
  const ofUnit = Object.entries(softMaxima).find(([known]) => known === unit)?.[1] ?? 0;
  const softMaximum = Math.max(ofUnit, badFromOf(panel) ?? 0);
  if (max === undefined && custom.axisSoftMax !== softMaximum)
    yield `has a soft maximum of ${custom.axisSoftMax}, where ${unit} and its threshold have ${softMaximum}`;
  if (min === undefined && custom.axisSoftMin === undefined) yield 'has an axis that does not begin at 0';
}

function* lintThresholds(panel: PublishedPanel): Iterable<string> {
  const { thresholds, max } = panel.fieldConfig?.defaults ?? {};
  const [first, ...steps] = thresholds?.steps ?? [];
  const top = max ?? customOf(panel)?.axisSoftMax;
  for (const { value } of steps) {
    if (value === null) continue;
    if (String(value).length > 8) yield `has a threshold of ${value}`;
    if (top !== undefined && first?.color === 'green' && value < top * thresholdShareMin)
      yield `has a threshold that lies on the ground of its axis: ${value} of ${top}`;
  }
}

function* lintColours(panel: PublishedPanel): Iterable<string> {
  if (panel.type !== 'timeseries') return;
  const { color } = panel.fieldConfig?.defaults ?? {};
  if (color?.mode !== 'palette-classic-by-name') yield 'has colours that change with what is shown';
  const fixed = (panel.fieldConfig?.overrides ?? []).flatMap(({ matcher, properties }) =>
    properties
      .filter(({ id }) => id === 'color')
      .map(({ value }) => [
        String(matcher.options),
        (value as { readonly fixedColor?: string }).fixedColor ?? '',
      ]),
  );
  for (const [name = '', colour = ''] of fixed)
    if (Object.entries(partColours).every(([part, its]) => part !== name || its !== colour))
      yield `has a colour that is not in the list: ${name} ${colour}`;
  for (const { legendFormat } of panel.targets) {
    const part = parts.find((one) => one === legendFormat);
    if (part !== undefined && fixed.every(([name]) => name !== part))
      yield `gives ${part} a colour that it has nowhere else`;
  }
}

function* lintTable({ type, targets, transformations = [], fieldConfig }: PublishedPanel): Iterable<string> {
  if (type !== 'table') return;
  if (fieldConfig?.defaults.unit !== 'string') yield 'is a table whose labels are taken for numbers';
  const { options } = transformations.find(({ id }) => id === 'organize') ?? {};
  const {
    renameByName = {},
    indexByName = {},
    excludeByName = {},
  } = (options ?? {}) as Record<string, Record<string, unknown> | undefined>;
  if (Object.keys(renameByName).length === 0) yield 'is a table whose columns nobody has chosen';
  if (excludeByName['Time'] !== true) yield 'is a table that shows the time';
  for (const field of Object.keys(renameByName)) {
    if (!(field in indexByName)) yield `is a table in which ${field} has no place`;
    // Grafana writes the text of an empty panel into every empty cell.
    const itself = fieldConfig?.overrides.find(({ matcher }) => matcher.options === field);
    if (itself?.properties.every(({ id }) => id !== 'noValue') !== false)
      yield `is a table whose empty cells of ${field} say what the panel says`;
  }
  for (const { expr, instant } of targets) {
    if (instant !== true) yield 'is a table of a whole range';
    const kept = /\bby \(([^)]*)\)/.exec(expr)?.[1]?.split(/,\s*/);
    if (kept === undefined) yield 'is a table of whatever labels there are';
    for (const label of kept ?? []) if (!(label in renameByName)) yield `is a table that shows ${label} raw`;
  }
}

function* lintQuantiles({ title, targets }: PublishedPanel): Iterable<string> {
  for (const { expr, legendFormat = '' } of targets) {
    for (const [, q] of expr.matchAll(quantile))
      if (!`${title} ${legendFormat}`.includes(`p${Number(q) * 100}`))
        yield `does not say that it is p${Number(q) * 100}`;
    if (/histogram_quantile.* - histogram_quantile/.test(expr) && !expr.startsWith('clamp_min('))
      yield 'is a difference of quantiles, which may be below zero';
  }
}

function* lintExemplars({ targets }: PublishedPanel): Iterable<string> {
  const withExemplars = targets.filter(({ exemplar }) => exemplar === true);
  if (withExemplars.length > 1) yield 'fetches the same exemplars more than once';
  for (const { expr } of withExemplars)
    if (!expr.startsWith('histogram_quantile(')) yield 'has exemplars whose height says nothing';
}

function* lintJobs({ expr }: Pick<Target, 'expr'>): Iterable<string> {
  for (const { metric, matchers } of selectorsOf(expr)) {
    const names = matchers.some(({ label, value }) => label === 'job' && value !== '$job');
    if (!names && !withoutJob.test(metric)) yield `names no job: ${metric}`;
  }
}

/** By what they are about: each holds a kind of finding of issue 17. */
const readingRules: Readonly<Record<string, ReadingRule>> = {
  *title(panel) {
    const { title } = panel;
    const { titleLetters } = limitsOf(panel);
    if (title.length > titleLetters)
      yield `has ${title.length} letters in its title, of ${titleLetters} that there is room for`;
  },
  *legend(panel) {
    const { type, targets } = panel;
    const { legendLetters } = limitsOf(panel);
    for (const { legendFormat = '' } of type === 'table' ? [] : targets) {
      const text = legendFormat.replaceAll(legendLabels, '').trim();
      if (text.length > legendLetters) yield `has a legend of ${text.length} letters: ${text}`;
    }
  },
  axis: lintAxis,
  thresholds: lintThresholds,
  colours: lintColours,
  table: lintTable,
  quantiles: lintQuantiles,
  exemplars: lintExemplars,
  *interval({ interval, targets }) {
    if ([interval, ...targets.map((target) => target.interval)].some((one) => one !== '$scrape'))
      yield 'does not heed how often is scraped';
  },
  *repeated({ repeat, title, maxPerRow = 4 }) {
    if (repeat === undefined) return;
    if (!title.includes(`$${repeat}`)) yield `does not say whose ${repeat} it is of`;
    if (maxPerRow > 2) yield `lies beside ${maxPerRow} of its kind, and its title is cut`;
  },
  series: lintSeries,
  *empty({ targets, fieldConfig }) {
    const jobs = targets.flatMap(({ expr }) =>
      selectorsOf(expr).map(({ matchers }) => matchers.find(({ label }) => label === 'job')?.value ?? ''),
    );
    const mayBeAway = jobs.length > 0 && jobs.every((job) => guests.has(job));
    if (mayBeAway && fieldConfig?.defaults.noValue === undefined)
      yield 'says nothing where nobody is there who tells of it';
  },
  *links({ links = [] }) {
    for (const { url, title } of links) {
      const name = Object.entries(boardNames).find(([uid]) => url?.startsWith(`/d/${uid}?`) === true)?.[1];
      if (title !== `Board ${name}`) yield `leads to ${name} by the name of ${title}`;
    }
  },
  *targets({ targets }) {
    for (const target of targets) {
      yield* lintRareEvents(target);
      yield* lintShares(target);
      yield* lintJobs(target);
    }
  },
};

/** What makes a board hard to read, or lets it mislead. */
export function lintReading(board: PublishedDashboard): string[] {
  return [
    ...lintHoles(board.panels),
    ...board.annotations.list
      .filter(({ titleFormat, textFormat }) => titleFormat === textFormat)
      .map(({ name }) => `annotation ${name} says the same twice`),
    ...board.annotations.list.flatMap((annotation) =>
      [...lintJobs(annotation)].map((complaint) => `annotation ${annotation.name} ${complaint}`),
    ),
    ...board.panels.flatMap((panel) =>
      panel.type === 'row'
        ? []
        : Object.values(readingRules).flatMap((rule) =>
            [...rule(panel)].map((complaint) => `${panel.title} ${complaint}`),
          ),
    ),
  ];
}

/** Panels beside each other fill the grid. */
function lintHoles(panels: readonly AnyPanel[]): string[] {
  const lines = Map.groupBy(panels, ({ gridPos }) => gridPos.y);
  return [...lines.values()]
    .filter((line) => line.reduce((sum, { gridPos }) => sum + gridPos.w, 0) < gridColumns)
    .map((line) => `has a hole beside ${line.at(-1)?.title}`);
}
