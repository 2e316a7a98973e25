import type { PublishedDashboard, PublishedPanel } from '../dashboards/lint/published-form.ts';
import type { AskedQuery, GrafanaApi } from './grafana-api.ts';

/** Shows a board and returns what went wrong: errors of its scripts, panels that could not be drawn. */
export type ShowBoard = (uid: string) => Promise<readonly string[]>;

/** What Grafana's page puts in place of the choices; its server knows the windows. */
const choices: readonly (readonly [string, string])[] = [
  ['$scrape', '1s'],
  ['$rare', '1m'],
];
const scrapeMs = 1_000;
const maxDataPoints = 900;

/**
 * Imports every board, asks every query of every panel as the page would, and shows each board. Returns what is wrong: an import or a
 * query that fails, a panel that has neither data nor a text that says why, and whatever `show` finds.
 */
export async function checkBoards(
  api: GrafanaApi,
  boards: readonly PublishedDashboard[],
  show: ShowBoard,
): Promise<readonly string[]> {
  const prometheus = await api.findPrometheus();
  const complaints: string[] = [];
  for (const board of boards) {
    const { title = '', uid = '' } = board;
    const about = (text: string): void => void complaints.push(`${title}: ${text}`);
    try {
      await api.importBoard({ ...board });
    } catch (error) {
      about(String(error));
      continue;
    }
    for (const panel of board.panels)
      if (panel.type !== 'row') for (const text of await checkPanel(api, panel, prometheus)) about(text);
    for (const text of await show(uid)) about(text);
  }
  return complaints;
}

async function checkPanel(api: GrafanaApi, panel: PublishedPanel, prometheus: string): Promise<string[]> {
  const answers = await api.ask(panel.targets.map((target) => asked(target, prometheus)));
  const failed = [...answers].flatMap(([refId, { error }]) =>
    error === null ? [] : [`${panel.title} ${refId} fails: ${error}`],
  );
  const values = [...answers.values()].reduce((sum, answer) => sum + answer.values, 0);
  const saysWhy = panel.fieldConfig?.defaults.noValue !== undefined;
  if (failed.length > 0 || values > 0 || saysWhy) return failed;
  return [`${panel.title} has neither data nor a text`];
}

function asked(target: PublishedPanel['targets'][number], prometheus: string): AskedQuery {
  const { refId = '', expr, format, instant, range } = target;
  return {
    refId,
    datasource: { type: 'prometheus', uid: prometheus },
    expr: withChoices(expr),
    format: format ?? 'time_series',
    instant: instant === true,
    range: range === true,
    interval: withChoices(target.interval ?? ''),
    intervalMs: scrapeMs,
    maxDataPoints,
  };
}

/** All that can be chosen is; Grafana's own variables stay. */
function withChoices(text: string): string {
  const chosen = choices.reduce((left, [variable, value]) => left.replaceAll(variable, value), text);
  return chosen.replaceAll(/\$\{?(?!__)[a-z]\w*\}?/gi, '.*');
}
