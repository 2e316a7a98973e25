import { objectives, feedSeconds, photoReadSeconds } from '../../app/contract/objectives.ts';
import type { ObjectiveName } from '../../app/contract/objectives.ts';
import { operations } from '../../app/contract/operations.ts';
import { createPromql } from '../promql.ts';
import { alertRule } from './rule.ts';
import type { AlertRule, RecordingRule } from './rule.ts';
import type { Timing } from './timing.ts';

const by = ['candidate'] as const;
/** Below one event per second a ratio says little. The witness makes fewer: a tenth is enough for what it sees. */
const eventsPerSecondMin = { availability: 1, photoReads: 1, feeds: 1, freshness: 0.1 } as const;

const alertNames = {
  availability: 'RequestErrorBudgetBurn',
  photoReads: 'PhotoReadBudgetBurn',
  feeds: 'FeedBudgetBurn',
  freshness: 'FreshnessBudgetBurn',
} as const satisfies Record<ObjectiveName, string>;

const boards = {
  availability: 'darkroom-service',
  photoReads: 'darkroom-service',
  feeds: 'darkroom-service',
  freshness: 'darkroom-correctness',
} as const satisfies Record<ObjectiveName, string>;

/** All events of an objective, and the bad ones among them, per second. */
function events(name: ObjectiveName, window: string): { readonly all: string; readonly bad: string } {
  const promql = createPromql({ window });
  const all = promql.observations('requestDuration', { by });
  const slow = (route: string, seconds: number) => {
    const where = { http_request_method: 'GET', http_route: route };
    const read = promql.observations('requestDuration', { by, where });
    return { all: read, bad: `(${read} - ${promql.under('requestDuration', seconds, { by, where })})` };
  };
  switch (name) {
    case 'availability':
      return {
        all,
        bad: promql.observations('requestDuration', {
          by,
          where: { http_response_status_code: { pattern: '5..' } },
        }),
      };
    case 'photoReads':
      return slow(operations.photoPage.route, photoReadSeconds);
    case 'feeds':
      return slow(operations.feedPage.route, feedSeconds);
    case 'freshness': {
      const where = { horizon: '5s' } as const;
      return {
        all: promql.rate('consistencyChecks', { by, where }),
        bad: promql.rate('consistencyChecks', { by, where: { ...where, outcome: 'stale' } }),
      };
    }
  }
}

const names = Object.keys(objectives) as ObjectiveName[];

/** `candidate:darkroom_feeds_bad:ratio_rate5m`: the share of bad events of an objective over a window. */
export function badRatioName(name: ObjectiveName, window: string): string {
  return `candidate:darkroom_${name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}_bad:ratio_rate${window}`;
}

/** The shares of bad events over these windows. */
export function burnRecordings(windows: readonly string[]): RecordingRule[] {
  return names.flatMap((name) =>
    windows.map((window) => {
      const { all, bad } = events(name, window);
      // No bad event yet is a share of 0, not a gap; no event at all is a gap.
      const expr = `((${bad}) or 0 * ${all}) / (${all} > ${eventsPerSecondMin[name]})`;
      return { record: badRatioName(name, window), expr };
    }),
  );
}

/** Alerts when a budget burns too fast over a long window, and still does over a short one. */
export function burnAlerts({ burnWindows }: Timing): AlertRule[] {
  return names.flatMap((name) =>
    burnWindows.map(({ burn, long, short, wait, severity }) => {
      const { promise, target } = objectives[name];
      const limit = Number((burn * (1 - target)).toPrecision(6));
      return alertRule({
        alert: alertNames[name],
        expr: `${badRatioName(name, long)} > ${limit} and ${badRatioName(name, short)} > ${limit}`,
        wait,
        severity,
        board: boards[name],
        labels: { burn: String(burn) },
        summary: `{{ $labels.candidate }} breaks its promise ${burn} times more often than allowed`,
        description: `The promise: ${promise} (${target * 100} %). Over ${long} it was broken for {{ $value | humanizePercentage }} of them.`,
      });
    }),
  );
}
