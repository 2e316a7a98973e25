import { liveCharts, liveEvents, liveFigures, liveRounds } from '../../dashboards/live-queries.ts';
import type { LiveChart, LiveEventQuery } from '../../dashboards/live-queries.ts';
import { findFigure } from '../figures/figure-list.ts';
import type { LiveEvent, LiveFigure, LiveLine, LiveRound, LiveUpdate } from './page/live-facts.ts';
import { runbookAddress } from './runbook-pages.ts';
import type { Grid, GridSeries, PrometheusClient } from './prometheus-client.ts';

/** The page keeps this much, and a page that is opened gets this much at first. */
const secondsKept = 300;
/** The latest second is left out: Prometheus may not have finished scraping it. */
const settleSeconds = 1;
/**
 * Pages that are up to date ask for the same seconds, so one answer serves all of them. Pages that have fallen behind each ask
 * for something else: beyond this many answers within a second, they share one of all that is kept.
 */
const answersMax = 4;

export type LiveData = {
  /** What is new since that second, or all that is kept. Rejects when Prometheus does not answer. */
  readonly since: (seconds: number) => Promise<LiveUpdate>;
};

/**
 * Asks Prometheus for what the page shows. Those who ask within the same second for the same share one answer, so that many
 * pages are no more load than one.
 */
export function createLiveData(client: PrometheusClient, now: () => number): LiveData {
  const answers = new Map<number, Promise<LiveUpdate>>();
  let answeredAt = 0;
  return {
    since(seconds) {
      const to = Math.floor(now() / 1000) - settleSeconds;
      if (to !== answeredAt) answers.clear();
      answeredAt = to;
      const first = to - secondsKept + 1;
      const wanted = Math.min(to, Math.max(seconds + 1, first));
      const from = answers.has(wanted) || answers.size < answersMax ? wanted : first;
      const known = answers.get(from);
      if (known !== undefined) return known;
      const fresh = assemble(client, { from, to });
      answers.set(from, fresh);
      return fresh;
    },
  };
}

async function assemble(client: PrometheusClient, grid: Grid): Promise<LiveUpdate> {
  // Events and rounds begin before an update does: they are asked for as a whole.
  const whole = { from: grid.to - secondsKept + 1, to: grid.to };
  const [alerts, events, rounds, figures, charts] = await Promise.all([
    client.alerts(),
    Promise.all(
      liveEvents.map(async (query) => eventsOf(await client.range(query.expr, whole), query, whole)),
    ),
    client.range(liveRounds, whole),
    client.range(liveFigures, { from: grid.to, to: grid.to }),
    Promise.all(liveCharts.map(async (chart) => [chart.id, await linesOf(client, chart, grid)] as const)),
  ]);
  return {
    ...grid,
    charts: Object.fromEntries(charts),
    events: events.flat().toSorted((a, b) => a.from - b.from),
    rounds: roundsOf(rounds, whole),
    figures: figures.flatMap(figureOf),
    alerts: alerts.map(({ labels, annotations, state, activeAt }) => ({
      name: labels['alertname'] ?? '',
      state,
      severity: labels['severity'] ?? '',
      candidate: labels['candidate'] ?? '',
      since: activeAt,
      summary: annotations['summary'] ?? '',
      runbook: runbookAddress(annotations['runbook_url']),
    })),
  };
}

async function linesOf(client: PrometheusClient, { series }: LiveChart, grid: Grid): Promise<LiveLine[]> {
  const answered = await Promise.all(series.map(({ expr }) => client.range(expr, grid)));
  return series.flatMap(({ label }, index) =>
    (answered[index] ?? []).map(({ labels, values }) => ({
      label,
      candidate: labels['candidate'] ?? '',
      values,
    })),
  );
}

/** The stretches of seconds in which a series is there; those that read the same are one. */
function eventsOf(
  found: readonly GridSeries[],
  { text, isOutage = false }: LiveEventQuery,
  { from, to }: Grid,
): LiveEvent[] {
  const byText = Map.groupBy(found, ({ labels }) => text(labels));
  return [...byText].flatMap(([name, same]) => {
    const events: LiveEvent[] = [];
    let begun: number | null = null;
    // The second behind the end has no values, so that a stretch which lasts to the end is closed there.
    for (let second = from; second <= to + 1; second += 1) {
      const isThere = same.some(({ values }) => (values[second - from] ?? null) !== null);
      if (isThere) begun ??= second;
      if (isThere || begun === null) continue;
      events.push({ text: name, from: begun, to: second > to ? null : second - 1, isOutage });
      begun = null;
    }
    return events;
  });
}

/** From the first to the last second of each round: in turns nothing runs between the blocks of two candidates. */
function roundsOf(found: readonly GridSeries[], { from, to }: Grid): LiveRound[] {
  const isThere = (value: number | null): boolean => value !== null;
  return found
    .filter(({ values }) => values.some(isThere))
    .map(({ labels, values }) => {
      const last = from + values.findLastIndex(isThere);
      return {
        round: Number(labels['round'] ?? 0),
        from: from + values.findIndex(isThere),
        to: last === to ? null : last,
      };
    })
    .toSorted((a, b) => a.from - b.from);
}

/** The latest value, in the words of its figure. */
function figureOf({ labels: { candidate = '', figure = '' }, values }: GridSeries): LiveFigure[] {
  const [known, value] = [findFigure(figure), values.at(-1) ?? null];
  return known === undefined || value === null ? [] : [{ candidate, figure, text: known.write(value) }];
}
