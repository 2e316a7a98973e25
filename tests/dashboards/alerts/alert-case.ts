import type { AlertRule } from '../../../dashboards/rules/rule.ts';
import { secondsOf } from '../../../dashboards/rules/timing.ts';
import type { Timing } from '../../../dashboards/rules/timing.ts';

/** A history of series, and which rules of an alert fire at a moment of it. */
export type AlertCase = {
  readonly alert: string;
  readonly name: string;
  /** Values in promtool's notation: `0+10x60` is 0, 10, 20 … for sixty steps. */
  readonly series: Readonly<Record<string, string>>;
  readonly stepSeconds: number;
  /** How often rules are evaluated. */
  readonly evaluationSeconds: number;
  /** The moment, in steps. */
  readonly at: number;
  /** Those of its rules that fire, by their `signOf`. */
  readonly fires: readonly string[];
  /** The rules that are looked at. Absent: all of the alert's. */
  readonly of?: readonly string[];
};

/** What tells the rules of one alert apart. */
export function signOf({ labels }: Pick<AlertRule, 'labels'>): string {
  return labels['burn'] ?? labels['sign'] ?? '';
}

/** So much per second, or such a value, for so many steps. */
export type Stretch = readonly [value: number, steps: number];

/** How histories are written for a timing: rates in seconds, lengths in steps. */
export type CaseSetting = {
  readonly timing: Timing;
  readonly stepSeconds: number;
  /** Rules are evaluated every so many steps. */
  readonly evaluationSteps: number;
  /** Steps. */
  readonly before: number;
  readonly window: number;
  readonly forSteps: number;
  readonly longForSteps: number;
  readonly keepFiringForSteps: number;
  /** A counter that grows by so much each second, then by so much. */
  readonly grows: (...stretches: readonly Stretch[]) => string;
  /** A gauge that stands at each value. */
  readonly stands: (...stretches: readonly Stretch[]) => string;
};

export function createCaseSetting(timing: Timing, stepSeconds: number, evaluationSteps: number): CaseSetting {
  const stepsOf = (duration: string): number => Math.ceil(secondsOf(duration) / stepSeconds);
  return {
    timing,
    stepSeconds,
    evaluationSteps,
    before: stepsOf(timing.before),
    window: stepsOf(timing.window),
    forSteps: stepsOf(timing.for),
    longForSteps: stepsOf(timing.longFor),
    keepFiringForSteps: stepsOf(timing.keepFiringFor),
    grows(...stretches) {
      let from = 0;
      return stretches
        .map(([perSecond, steps]) => {
          const perStep = perSecond * stepSeconds;
          const text = `${from}+${perStep}x${steps - 1}`;
          from += perStep * steps;
          return text;
        })
        .join(' ');
    },
    stands: (...stretches) => stretches.map(([value, steps]) => `${value}+0x${steps - 1}`).join(' '),
  };
}

/** So many at this step, and never again. */
export function atOnce({ stands }: CaseSetting, count: number, step: number): string {
  return `${stands([0, step])} ${stands([count, 200 - step])}`;
}

/** The cases of one alert: a name, what was, when, and whether it fires, or which of its rules do. */
export type CaseRow = readonly [
  name: string,
  series: Readonly<Record<string, string>>,
  at: number,
  fires: boolean | readonly string[],
  of?: readonly string[],
];
export type CaseTable = Readonly<Record<string, readonly CaseRow[]>>;

export function toCases(table: CaseTable, { stepSeconds, evaluationSteps }: CaseSetting): AlertCase[] {
  return Object.entries(table).flatMap(([alert, rows]) =>
    rows.map(([name, series, at, fires, of]) => ({
      alert,
      name,
      series,
      stepSeconds,
      evaluationSeconds: stepSeconds * evaluationSteps,
      at,
      fires: typeof fires === 'boolean' ? (fires ? [''] : []) : fires,
      ...(of !== undefined && { of }),
    })),
  );
}

/** The labels of a replica's series. */
export const replica = 'candidate="a",job="darkroom-service",instance="r1"';
