import { liveCharts, liveEvents } from '../../dashboards/live-queries.ts';
import type { LiveChart } from '../../dashboards/live-queries.ts';
import type { LiveEvent, LiveLine, LiveUpdate } from './page/live-facts.ts';
import type { Grid, GridSeries, PrometheusClient } from './prometheus-client.ts';

/** What the page keeps, and what a first look gets. */
const secondsKept = 300;
/** A scrape of the last second may still be under way. */
const settleSeconds = 1;

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
      const from = Math.min(to, Math.max(seconds + 1, to - secondsKept + 1));
      if (to !== answeredAt) answers.clear();
      answeredAt = to;
      const known = answers.get(from);
      if (known !== undefined) return known;
      const fresh = assemble(client, { from, to });
      answers.set(from, fresh);
      return fresh;
    },
  };
}

async function assemble(client: PrometheusClient, grid: Grid): Promise<LiveUpdate> {
  // Events begin before an update does: they are asked for as a whole.
  const whole = { from: grid.to - secondsKept + 1, to: grid.to };
  const [alerts, events, charts] = await Promise.all([
    client.alerts(),
    Promise.all(
      liveEvents.map(async ({ expr, text }) => eventsOf(await client.range(expr, whole), text, whole)),
    ),
    Promise.all(liveCharts.map(async (chart) => [chart.id, await linesOf(client, chart, grid)] as const)),
  ]);
  return {
    ...grid,
    charts: Object.fromEntries(charts),
    events: events.flat().toSorted((a, b) => a.from - b.from),
    alerts: alerts.map(({ labels, annotations, state, activeAt }) => ({
      name: labels['alertname'] ?? '',
      state,
      severity: labels['severity'] ?? '',
      candidate: labels['candidate'] ?? '',
      since: activeAt,
      summary: annotations['summary'] ?? '',
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

/** The stretches of seconds in which a series is there. */
function eventsOf(
  found: readonly GridSeries[],
  text: (labels: GridSeries['labels']) => string,
  { from, to }: Grid,
): LiveEvent[] {
  return found.flatMap(({ labels, values }) => {
    const events: LiveEvent[] = [];
    let begun: number | null = null;
    for (const [index, value] of [...values, null].entries()) {
      if (value !== null) begun ??= from + index;
      if (value !== null || begun === null) continue;
      const end = from + index - 1;
      events.push({ text: text(labels), from: begun, to: end >= to ? null : end });
      begun = null;
    }
    return events;
  });
}
