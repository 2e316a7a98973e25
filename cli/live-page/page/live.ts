import { createLiveChart } from './live-chart.ts';
import type { LiveChart, LiveMarks } from './live-chart.ts';
import type { ChartFacts, LiveAnswer, LiveEvent, LiveFacts } from './live-facts.ts';
import { clockTime } from './live-format.ts';
import { createHistory } from './live-history.ts';
import type { History } from './live-history.ts';
import {
  createNow,
  placeOf,
  showAlerts,
  showEvents,
  showFacts,
  showFigures,
  showRound,
  showTraces,
} from './live-lists.ts';

const secondsKept = 300;
const pollMs = 1_000;
const answerLimitMs = 12_000;
/** After so long without an answer the figures are called old. */
const silenceMs = 5_000;

type Setup = { readonly facts: LiveFacts; readonly charts: readonly ChartFacts[] };

/** Heard by screen readers, and so said once: what changes each second stands beside it. */
function say(text: string, kind: 'good' | 'bad'): void {
  const state = placeOf('state');
  if (state.textContent !== text) state.textContent = text;
  state.dataset['kind'] = kind;
}

const pause = async (): Promise<void> => new Promise((resolve) => setTimeout(resolve, pollMs));

async function ask(path: string): Promise<unknown> {
  const response = await fetch(path, { signal: AbortSignal.timeout(answerLimitMs) });
  if (!response.ok) throw new RangeError(`${path} answered ${response.status}`);
  return response.json();
}

/** Asks until there is an answer. */
async function askSetup(): Promise<Setup> {
  for (;;) {
    try {
      return (await ask('/facts')) as Setup;
    } catch {
      say('The command does not answer.', 'bad');
      await pause();
    }
  }
}

/** What does not answer, or whether anything has been asked of the service within the time that is kept. */
function sayState(
  { candidates, telemetry }: LiveFacts,
  history: History,
  events: readonly LiveEvent[],
): void {
  placeOf('clock').textContent = clockTime(history.last());
  if (telemetry === 'off')
    return say('Telemetry mode off makes no metrics: the service shows nothing.', 'good');
  const outages = events.filter(({ isOutage, to }) => isOutage && to === null);
  if (outages.length > 0) return say(`${outages.map(({ text }) => text).join(' · ')}.`, 'bad');
  const isAsked = candidates.some((candidate) =>
    history.column('requests', candidate, 'answered').some((value) => value !== null && value > 0),
  );
  say(isAsked ? 'live' : 'No requests yet.', 'good');
}

/** Shares that are drawn upon each other get a chart for each candidate; everything else is compared in one. */
function createViews({ facts, charts }: Setup, marksNow: () => LiveMarks): readonly LiveChart[] {
  const place = placeOf('charts');
  const { candidates } = facts;
  return charts.flatMap((chart) =>
    chart.isStacked && candidates.length > 1
      ? candidates.map((candidate, index) =>
          createLiveChart(
            place,
            { ...chart, title: `${chart.title} · ${candidate}` },
            { elementId: `plot-${chart.id}-${index + 1}`, candidates: [candidate], marksNow },
          ),
        )
      : [createLiveChart(place, chart, { elementId: `plot-${chart.id}`, candidates, marksNow })],
  );
}

async function run(): Promise<never> {
  const setup = await askSetup();
  const { facts } = setup;
  showFacts(facts);
  const history = createHistory(secondsKept);
  let marks: LiveMarks = { events: [], rounds: [] };
  const now = createNow(facts);
  const views = createViews(setup, () => marks);
  const update = async (): Promise<boolean> => {
    const answer = (await ask(`/data?since=${history.last()}`)) as LiveAnswer;
    showTraces(facts, answer.slowTraces);
    if (answer.update === null) return false;
    history.add(answer.update);
    marks = answer.update;
    showRound(marks.rounds);
    showFigures(facts, answer.update.figures);
    showEvents(marks.events);
    showAlerts(answer.update.alerts);
    now.show(history);
    for (const view of views) view.show(history);
    return true;
  };
  let wasLost = false;
  for (let heardAtMs = performance.now(); ; await pause()) {
    try {
      // What answers again may be another run, with other candidates.
      if (wasLost && JSON.stringify(await ask('/facts')) !== JSON.stringify(setup)) location.reload();
      wasLost = false;
      const isFresh = await update();
      heardAtMs = performance.now();
      if (isFresh) sayState(facts, history, marks.events);
      else say('Prometheus does not answer. What is shown is old.', 'bad');
    } catch {
      wasLost = true;
      if (performance.now() - heardAtMs > silenceMs)
        say('The command does not answer any more. What is shown is old.', 'bad');
    }
  }
}

run().catch(() => say('The page could not be set up. Reload it.', 'bad'));
