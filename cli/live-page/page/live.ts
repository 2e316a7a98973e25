import { createLiveChart } from './live-chart.ts';
import type { ChartFacts, LiveAnswer, LiveEvent, LiveFacts } from './live-facts.ts';
import { clockTime } from './live-format.ts';
import { createHistory } from './live-history.ts';
import type { History } from './live-history.ts';
import { placeOf, showAlerts, showEvents, showFacts, showNow, showTraces } from './live-lists.ts';

const secondsKept = 300;
const pollMs = 1_000;
const answerLimitMs = 4_000;
/** After so long without an answer the figures are called old. */
const silenceMs = 5_000;

function say(text: string, kind: 'good' | 'bad'): void {
  const state = placeOf('state');
  if (state.textContent !== text) state.textContent = text;
  state.dataset['kind'] = kind;
}

async function ask(path: string): Promise<unknown> {
  const response = await fetch(path, { signal: AbortSignal.timeout(answerLimitMs) });
  if (!response.ok) throw new RangeError(`${path} answered ${response.status}`);
  return response.json();
}

/** Whether anything has been asked of the service within the time that is kept. */
function describeState({ candidates }: LiveFacts, history: History): string {
  const isAsked = candidates.some((candidate) =>
    history.column('requests', candidate, 'answered').some((value) => value !== null && value > 0),
  );
  return isAsked ? `live · ${clockTime(history.last())}` : 'No requests yet.';
}

async function run(): Promise<never> {
  const { facts, charts } = (await ask('/facts')) as { facts: LiveFacts; charts: readonly ChartFacts[] };
  showFacts(facts);
  const history = createHistory(secondsKept);
  let events: readonly LiveEvent[] = [];
  const place = placeOf('charts');
  const views = charts.map((chart) => createLiveChart(place, chart, facts.candidates, () => events));
  const update = async (): Promise<boolean> => {
    const answer = (await ask(`/data?since=${history.last()}`)) as LiveAnswer;
    showTraces(facts, answer.slowTraces);
    if (answer.update === null) return false;
    history.add(answer.update);
    events = answer.update.events;
    showEvents(events);
    showAlerts(answer.update.alerts);
    showNow(facts, history);
    for (const view of views) view.show(history);
    return true;
  };
  for (let heardAtMs = performance.now(); ; await new Promise((resolve) => setTimeout(resolve, pollMs))) {
    try {
      const isFresh = await update();
      heardAtMs = performance.now();
      if (isFresh) say(describeState(facts, history), 'good');
      else say('Prometheus does not answer. What is shown is old.', 'bad');
    } catch {
      if (performance.now() - heardAtMs > silenceMs)
        say('darkroom up does not answer any more. What is shown is old.', 'bad');
    }
  }
}

run().catch(() => say('The page could not be set up. Reload it when darkroom up runs.', 'bad'));
