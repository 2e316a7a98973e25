import { objectives } from '../../app/contract/objectives.ts';
import type { ObjectiveName } from '../../app/contract/objectives.ts';
import { orZero } from '../cache-ratios.ts';
import { objectiveEvents } from '../objective-queries.ts';
import { createPromql } from '../promql.ts';
import { eventsAbove, eventsMin } from './few-events.ts';
import { alertRule } from './rule.ts';
import type { AlertRule, RecordingRule } from './rule.ts';
import { secondsOf } from './timing.ts';
import type { BurnWindow, Timing } from './timing.ts';

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

const names = Object.keys(objectives) as ObjectiveName[];

const snakeCased = (name: string): string =>
  name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** `candidate:darkroom_feeds_bad:ratio_rate5m`: the share of bad events of an objective over a window. */
export function badRatioName(name: ObjectiveName, window: string): string {
  return `candidate:darkroom_${snakeCased(name)}_bad:ratio_rate${window}`;
}

/** How many events, or bad events, there were in a window. */
const allName = (name: ObjectiveName, window: string): string =>
  `candidate:darkroom_${snakeCased(name)}:increase${window}`;
const badName = (name: ObjectiveName, window: string): string =>
  `candidate:darkroom_${snakeCased(name)}_bad:increase${window}`;

/** All events, the bad ones and their share, over each of these windows. Each is made of the one before. */
export function burnRecordings(windows: readonly string[]): RecordingRule[] {
  return names.flatMap((name) =>
    windows.flatMap((window) => {
      const events = objectiveEvents(createPromql({ window, growth: 'increase' }), name);
      const [all, bad] = [allName(name, window), badName(name, window)];
      const allMin = eventsPerSecondMin[name] * secondsOf(window);
      return [
        { record: all, expr: events.all },
        // No good event at all is a share of 1, not a gap; no event at all is a gap.
        { record: bad, expr: `${all} - ${orZero(events.good, all)}` },
        { record: badRatioName(name, window), expr: `${bad} / (${all} > ${allMin})` },
      ];
    }),
  );
}

/** Alerts when a budget burns too fast over a long window, and still does over a short one. */
export function burnAlerts({ burnWindows }: Timing): AlertRule[] {
  return names.flatMap((name) => burnWindows.map((window) => burnAlert(name, window)));
}

function burnAlert(name: ObjectiveName, burnWindow: BurnWindow): AlertRule {
  const { burn, long, short, severity } = burnWindow;
  const { promise, target } = objectives[name];
  const limit = Number((burn * (1 - target)).toPrecision(6));
  const windows = [...new Set([long, short])];
  // Where a share above the limit is always several bad events, their number need not be asked for.
  const isShareOfFew = limit * eventsPerSecondMin[name] * secondsOf(long) < eventsMin - 1;
  const conditions = [
    ...windows.map((window) => `${badRatioName(name, window)} > ${limit}`),
    ...(isShareOfFew ? [`${badName(name, long)} > ${eventsAbove}`] : []),
  ];
  return alertRule({
    alert: alertNames[name],
    expr: conditions.join(' and '),
    for: burnWindow.for,
    severity,
    board: boards[name],
    labels: { burn: String(burn) },
    summary: `{{ $labels.candidate }} breaks its promise ${burn} times more often than allowed`,
    description: `The promise: ${promise} (${target * 100} %). Over ${long} it was broken for {{ $value | humanizePercentage }} of them.`,
  });
}
