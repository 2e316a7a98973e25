import type { LiveAlert, LiveEvent, LiveFacts, SlowTrace } from './live-facts.ts';
import { clockTime, formatValue } from './live-format.ts';
import { latestOf } from './live-history.ts';
import type { History } from './live-history.ts';

/** The place of the page with this id. Throws when the page has none. */
export function placeOf(id: string): HTMLElement {
  const place = document.getElementById(id);
  if (place === null) throw new RangeError(`the page has no #${id}`);
  return place;
}

function make(name: string, text: string, className = ''): HTMLElement {
  const element = document.createElement(name);
  element.textContent = text;
  element.className = className;
  return element;
}

function makeLink(text: string, address: string): HTMLAnchorElement {
  const link = document.createElement('a');
  link.textContent = text;
  link.href = address;
  return link;
}

/** The items, or one that says why there are none. */
function fill(id: string, items: readonly HTMLElement[], none: string): void {
  placeOf(id).replaceChildren(...(items.length > 0 ? items : [make('li', none, 'muted')]));
}

export function showFacts({ candidates, scenario, ratePerSecond, telemetry, links }: LiveFacts): void {
  document.title = `Darkroom: ${candidates.join(', ')}`;
  const load =
    scenario === null
      ? 'no load; darkroom up --load <scenario> brings some'
      : `${scenario} at ${ratePerSecond} requests/s each`;
  placeOf('facts').textContent = `${candidates.join(' · ')} · ${load} · telemetry ${telemetry}`;
  const items = links.map(({ name, address }) => {
    const item = make('li', '');
    item.append(makeLink(name, address));
    return item;
  });
  fill('links', items, '');
}

/** What is said of each candidate now, from the charts that it is also in. */
const figures: readonly (readonly [
  string,
  (value: (chart: string, label: string) => number | null) => string,
])[] = [
  ['requests', (value) => formatValue('per-second', value('requests', 'answered'))],
  ['failed', (value) => formatValue('per-second', value('requests', 'failed'))],
  ['p50', (value) => formatValue('seconds', value('latency', 'p50'))],
  ['p99', (value) => formatValue('seconds', value('latency', 'p99'))],
  [
    'hit ratio',
    (value) => formatValue('share', sum(['memory', 'redis', 'stale'].map((by) => value('answers', by)))),
  ],
  [
    'queries per request',
    (value) => formatValue('ratio', quotient(value('storage', 'queries'), value('requests', 'answered'))),
  ],
  ['stale at once', (value) => formatValue('share', value('stale-reads', 'at once'))],
];

function sum(parts: readonly (number | null)[]): number | null {
  const known = parts.filter((part) => part !== null);
  return known.length === 0 ? null : known.reduce((total, part) => total + part, 0);
}

function quotient(part: number | null, whole: number | null): number | null {
  return part === null || whole === null || whole === 0 ? null : part / whole;
}

/** A row of present figures for each candidate. */
export function showNow({ candidates }: LiveFacts, history: History): void {
  const head = make('tr', '');
  for (const name of ['candidate', ...figures.map(([title]) => title)]) {
    const cell = make('th', name);
    cell.setAttribute('scope', 'col');
    head.append(cell);
  }
  const rows = candidates.map((candidate) => {
    const row = make('tr', '');
    const value = (chart: string, label: string) => latestOf(history.column(chart, candidate, label));
    row.append(make('td', candidate), ...figures.map(([, show]) => make('td', show(value))));
    return row;
  });
  const [thead, tbody] = [make('thead', ''), make('tbody', '')];
  thead.append(head);
  tbody.append(...rows);
  placeOf('now').replaceChildren(thead, tbody);
}

export function showAlerts(alerts: readonly LiveAlert[]): void {
  const isFiring = ({ state }: LiveAlert): boolean => state === 'firing';
  placeOf('alerts').dataset['kind'] = alerts.some(isFiring) ? 'bad' : 'good';
  const items = alerts.map((alert) => {
    const { name, state, severity, candidate, since, summary } = alert;
    const item = make('li', '');
    const from = new Date(since).toLocaleTimeString();
    const of = candidate === '' ? '' : ` · ${candidate}`;
    item.append(
      make('span', `${state}: ${name}`, isFiring(alert) ? 'firing' : 'muted'),
      ` · ${severity}${of} · since ${from} · ${summary}`,
    );
    return item;
  });
  fill('alert-list', items, 'No alert is pending or firing.');
}

export function showEvents(events: readonly LiveEvent[]): void {
  const items = events.map(({ text, from, to }) =>
    make('li', `${clockTime(from)} to ${to === null ? 'now' : clockTime(to)}: ${text}`),
  );
  fill('events', items, 'Nothing out of the ordinary.');
}

export function showTraces({ traceBase, telemetry }: LiveFacts, traces: readonly SlowTrace[]): void {
  const items = traces.map(({ traceId, title, durationMs }) => {
    const item = make('li', '');
    item.append(`${durationMs.toFixed(1)} ms · `, makeLink(title, `${traceBase ?? ''}${traceId}`));
    return item;
  });
  fill('traces', items, traceBase === null ? `Telemetry mode ${telemetry} makes no traces.` : 'None yet.');
}
