import { gravestOf, isFiring } from './live-alerts.ts';
import type {
  LiveAlert,
  LiveEvent,
  LiveFacts,
  LiveFigure,
  LiveRound,
  SlowTrace,
  Unit,
} from './live-facts.ts';
import { clockTime, formatValue, nameOfRound } from './live-format.ts';
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
  if (className !== '') element.className = className;
  return element;
}

function makeLink(text: string, address: string): HTMLAnchorElement {
  const link = document.createElement('a');
  link.textContent = text;
  link.href = address;
  return link;
}

/** The items, or one that says why there are none. What has not changed stays, with its focus and what is selected in it. */
function fill(id: string, items: readonly HTMLElement[], none: string): void {
  const shown = items.length > 0 ? items : [make('li', none, 'muted')];
  const place = placeOf(id);
  if (place.innerHTML === shown.map(({ outerHTML }) => outerHTML).join('')) return;
  place.replaceChildren(...shown);
}

export function showFacts({ candidates, scenario, ratePerSecond, telemetry, links }: LiveFacts): void {
  document.title = `Darkroom: ${candidates.join(', ')}`;
  const load =
    scenario === null
      ? 'no load; darkroom up --load <scenario> brings some'
      : `${scenario} at ${ratePerSecond} requests/s${candidates.length > 1 ? ' each' : ''}`;
  placeOf('facts').textContent = `${candidates.join(' · ')} · ${load} · telemetry ${telemetry}`;
  const items = links.map(({ name, address }) => {
    const item = make('li', '');
    item.append(makeLink(name, address));
    return item;
  });
  fill('links', items, '');
}

/** What is said of each candidate now: a line of a chart that it is also in. */
const figures: readonly {
  readonly title: string;
  readonly unit: Unit;
  readonly chart: string;
  readonly label: string;
}[] = [
  { title: 'requests', unit: 'per-second', chart: 'requests', label: 'answered' },
  { title: 'failed', unit: 'per-second', chart: 'requests', label: 'failed' },
  { title: 'p50', unit: 'seconds', chart: 'latency', label: 'p50' },
  { title: 'p99', unit: 'seconds', chart: 'latency', label: 'p99' },
  { title: 'hit ratio', unit: 'share', chart: 'hit-ratio', label: 'hit ratio' },
  {
    title: 'queries per request',
    unit: 'ratio',
    chart: 'queries-per-request',
    label: 'queries per request',
  },
  { title: 'stale at once', unit: 'share', chart: 'stale-reads', label: 'at once' },
];

/** A table with a row of present figures for each candidate. Its cells stay; only what they say changes. */
export function createNow({ candidates }: LiveFacts): { readonly show: (history: History) => void } {
  const head = make('tr', '');
  for (const name of ['candidate', ...figures.map(({ title }) => title)]) {
    const cell = make('th', name);
    cell.setAttribute('scope', 'col');
    head.append(cell);
  }
  const rows = candidates.map((candidate) => {
    const row = make('tr', '');
    const name = make('td', candidate);
    name.setAttribute('role', 'rowheader');
    const cells = figures.map(({ title }) => {
      const cell = make('td', formatValue('ratio', null));
      cell.dataset['title'] = title;
      return cell;
    });
    row.append(name, ...cells);
    return { candidate, row, cells };
  });
  const [thead, tbody] = [make('thead', ''), make('tbody', '')];
  thead.append(head);
  tbody.append(...rows.map(({ row }) => row));
  placeOf('now').replaceChildren(thead, tbody);
  return {
    show(history) {
      for (const { candidate, cells } of rows)
        for (const [index, { chart, label, unit }] of figures.entries()) {
          const text = formatValue(unit, latestOf(history.column(chart, candidate, label)));
          const cell = cells[index];
          if (cell !== undefined && cell.textContent !== text) cell.textContent = text;
        }
    },
  };
}

function makeHeading(text: string, scope: 'col' | 'row'): HTMLElement {
  const cell = make('th', text);
  cell.setAttribute('scope', scope);
  return cell;
}

/** A row for each figure of the experiment that some candidate has a value of, a column for each candidate. */
export function showFigures({ candidates, figures: known }: LiveFacts, values: readonly LiveFigure[]): void {
  placeOf('last-round').hidden = values.length === 0;
  const textOf = new Map(values.map(({ candidate, figure, text }) => [`${figure} ${candidate}`, text]));
  const head = make('tr', '');
  head.append(...['figure', ...candidates].map((name) => makeHeading(name, 'col')));
  const rows = known
    .filter(({ name }) => values.some(({ figure }) => figure === name))
    .map(({ name, title, meaning, unit }) => {
      const row = make('tr', '');
      row.title = meaning;
      const cells = candidates.map((candidate) =>
        make('td', textOf.get(`${name} ${candidate}`) ?? formatValue('ratio', null)),
      );
      row.append(makeHeading(unit === '' ? title : `${title}, ${unit}`, 'row'), ...cells);
      return row;
    });
  fill('figures', [head, ...rows], '');
}

/** Which round of an experiment runs; nothing between rounds, and where no experiment runs. */
export function showRound(rounds: readonly LiveRound[]): void {
  const running = rounds.find(({ to }) => to === null);
  placeOf('round').textContent = running === undefined ? '' : `· ${nameOfRound(running.round)}`;
}

export function showAlerts(alerts: readonly LiveAlert[]): void {
  placeOf('alerts').dataset['kind'] = alerts.some(isFiring) ? 'bad' : 'good';
  const items = gravestOf(alerts).map((alert) => {
    const { name, state, severity, candidate, since, summary, runbook } = alert;
    const item = make('li', '');
    // Most summaries begin with the candidate.
    const of = candidate === '' || summary.includes(candidate) ? '' : ` · ${candidate}`;
    item.append(
      make('span', `${state}: ${name}`, isFiring(alert) ? 'firing' : 'muted'),
      ` · ${severity} since ${clockTime(Date.parse(since) / 1000)}${of} · ${summary}`,
    );
    if (runbook !== null) item.append(' · ', makeLink('what to do', runbook));
    return item;
  });
  fill('alert-list', items, 'No alert is pending or firing.');
}

/** The latest first; the numbers are those of the marks on the charts. */
export function showEvents(events: readonly LiveEvent[]): void {
  const items = events.map(({ text, from, to }, index) => {
    const item = make('li', '');
    item.append(
      make('b', String(index + 1), 'mark'),
      ` ${clockTime(from)} to ${to === null ? 'now' : clockTime(to)}: ${text}`,
    );
    return item;
  });
  fill('events', items.toReversed(), 'Nothing out of the ordinary.');
}

export function showTraces({ traceBase, telemetry }: LiveFacts, traces: readonly SlowTrace[]): void {
  const items = traces.map(({ traceId, title, durationMs }) => {
    const item = make('li', '');
    item.append(`${durationMs.toFixed(1)} ms · `, makeLink(title, `${traceBase ?? ''}${traceId}`));
    return item;
  });
  fill('traces', items, traceBase === null ? `Telemetry mode ${telemetry} makes no traces.` : 'None yet.');
}
