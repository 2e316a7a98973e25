import { objectives } from '../../../app/contract/objectives.ts';
import type { ObjectiveName } from '../../../app/contract/objectives.ts';
import { replica } from './alert-case.ts';
import type { CaseRow, CaseSetting, CaseTable, Stretch } from './alert-case.ts';
import { secondsOf } from '../../../dashboards/rules/timing.ts';
import type { BurnWindow } from '../../../dashboards/rules/timing.ts';

type Series = Readonly<Record<string, string>>;
/** All events and the bad ones, per second. */
type Course = readonly (readonly [all: number, bad: number, steps: number])[];

const photoRoute = 'http_request_method="GET",http_route="/photos/:photoId"';
const feedRoute = 'http_request_method="GET",http_route="/users/:userId/feeds"';
const perSecond = 100;

/** The series that an objective is measured by. */
function seriesOf(name: ObjectiveName, { grows }: CaseSetting, course: Course): Series {
  const all = course.map(([rate, , steps]): Stretch => [rate, steps]);
  const bad = course.map(([, rate, steps]): Stretch => [rate, steps]);
  const good = course.map(([rate, rest, steps]): Stretch => [rate - rest, steps]);
  const reads = (route: string, le: string): Series => {
    const of = `${replica},${route},http_response_status_code="200"`;
    return {
      [`http_server_request_duration_seconds_count{${of}}`]: grows(...all),
      [`http_server_request_duration_seconds_bucket{${of},le="${le}"}`]: grows(...good),
    };
  };
  const checked = (outcome: string): string =>
    `cache_consistency_checks_total{candidate="a",reader="other",horizon="5s",outcome="${outcome}"}`;
  switch (name) {
    case 'availability':
      return {
        [`http_server_requests_total{${replica},outcome="ok"}`]: grows(...good),
        [`http_server_requests_total{${replica},outcome="failed"}`]: grows(...bad),
      };
    case 'photoReads':
      return reads(photoRoute, '0.05');
    case 'feeds':
      return reads(feedRoute, '0.1');
    case 'freshness':
      return { [checked('consistent')]: grows(...good), [checked('stale')]: grows(...bad) };
  }
}

/** A share of bad events that spends the budget so many times too fast, and a little more or less. */
function thresholdRows(name: ObjectiveName, setting: CaseSetting): CaseRow[] {
  const { burnWindows } = setting.timing;
  const budget = 1 - objectives[name].target;
  const longest = Math.max(...burnWindows.map((window) => secondsOf(window.short) + secondsOf(window.for)));
  const at = stepsOf(setting, longest * 1.5);
  return burnWindows.flatMap(({ burn }) =>
    [1.05, 0.95].map((part): CaseRow => {
      const bad = perSecond * budget * burn * part;
      const fires = burnWindows
        .filter((other) => other.burn < burn * part)
        .map((other) => String(other.burn));
      const course: Course = [[perSecond, bad, at + 1]];
      return [`${burn} times as fast as allowed, times ${part}`, seriesOf(name, setting, course), at, fires];
    }),
  );
}

/** Both windows count: the short one ends an alert, the long one keeps it from beginning with every blip. */
function shapeRows(name: ObjectiveName, setting: CaseSetting, { burn, long, short }: BurnWindow): CaseRow[] {
  if (long === short) return [];
  const limit = (1 - objectives[name].target) * burn;
  const [longSteps, shortSteps] = [stepsOf(setting, secondsOf(long)), stepsOf(setting, secondsOf(short))];
  const bad = (times: number): number => perSecond * Math.min(1, limit * times);
  const of = [String(burn)];
  const half = stepsOf(setting, secondsOf(long) / 2);
  const rows: readonly (readonly [string, Course])[] = [
    [
      'has only just begun',
      [
        [perSecond, 0, longSteps],
        [perSecond, bad(1.5), half + 1],
      ],
    ],
    [
      'is getting better',
      [
        [perSecond, bad(3), longSteps],
        [perSecond, bad(0.75), shortSteps + 1],
      ],
    ],
  ];
  return rows.map(([what, course]) => {
    const at = course.reduce((sum, [, , steps]) => sum + steps, 0) - 1;
    return [`${burn}: it ${what}`, seriesOf(name, setting, course), at, [], of];
  });
}

/** Few events, and none. */
function rareRows(name: ObjectiveName, setting: CaseSetting): CaseRow[] {
  const end = stepsOf(setting, Math.max(...setting.timing.burnWindows.map(({ short }) => secondsOf(short))));
  const steady = (all: number, bad: number): Series => seriesOf(name, setting, [[all, bad, end + 1]]);
  return [
    ['nobody asks', steady(0, 0), end, []],
    ['all is bad, but hardly anybody asks', steady(0.05, 0.05), end, []],
    ['all is well', steady(perSecond, 0), end, []],
  ];
}

/** In a short window a single event is a large share of few; in one of hours it is not worth mentioning. */
function fewRows(name: ObjectiveName, setting: CaseSetting): CaseRow[] {
  const lead = 300;
  const few = (count: number): Series =>
    seriesOf(name, setting, [
      [1.2, 0, lead + 1],
      [1.2, 1, count],
      [1.2, 0, 40],
    ]);
  const soon = ['14.4', '6', '3'];
  return [
    ['two are bad, of few', few(2), lead + 15, [], soon],
    ['two are bad, of few, and that is a while ago', few(2), lead + 25, [], ['1']],
    ['three are bad, of few', few(3), lead + 15, soon, soon],
    ['three are bad, of few, and that is a while ago', few(3), lead + 25, ['1'], ['1']],
  ];
}

/** As many steps as are not less than so many seconds, and at whose end rules are evaluated. */
function stepsOf({ stepSeconds, evaluationSteps }: CaseSetting, seconds: number): number {
  return Math.ceil(seconds / stepSeconds / evaluationSteps) * evaluationSteps;
}

/** Bad answers that no bucket counts, and reads that say nothing. */
function ownRows(name: ObjectiveName, setting: CaseSetting): CaseRow[] {
  const { grows, timing } = setting;
  const all = timing.burnWindows.map(({ burn }) => String(burn));
  const at = stepsOf(setting, Math.max(...timing.burnWindows.map(({ short }) => secondsOf(short))) * 2);
  const answered = (route: string, le: string, status: string): Series => {
    const of = `${replica},${route},http_response_status_code="${status}"`;
    return {
      [`http_server_request_duration_seconds_count{${of}}`]: grows([perSecond, at + 1]),
      [`http_server_request_duration_seconds_bucket{${of},le="${le}"}`]: grows([perSecond, at + 1]),
    };
  };
  const quickly = (route: string, le: string): CaseRow[] => [
    ['all are refused at once', answered(route, le, '503'), at, all],
    ['nobody waits for the answer', answered(route, le, '499'), at, all],
    ['none is there, and that is said at once', answered(route, le, '404'), at, []],
  ];
  const checked = (outcome: string): string =>
    `cache_consistency_checks_total{candidate="a",reader="other",horizon="5s",outcome="${outcome}"}`;
  switch (name) {
    case 'availability':
      return timing.name !== 'compressed'
        ? []
        : [
            ...fewRows(name, setting),
            [
              'a burst of failures of a process that was asked for nothing before',
              {
                [`http_server_requests_total{${replica},outcome="ok"}`]: grows([0, at + 1]),
                [`http_server_requests_total{${replica},outcome="failed"}`]: `0+0x${at - 6} 500+0x6`,
              },
              at,
              ['14.4', '6'],
              ['14.4', '6'],
            ],
          ];
    case 'photoReads':
      return quickly(photoRoute, '0.05');
    case 'feeds':
      return [
        ...quickly(feedRoute, '0.1'),
        ['only photos are slow', seriesOf('photoReads', setting, [[perSecond, 50, at + 1]]), at, []],
      ];
    case 'freshness':
      return [
        ...(timing.name === 'compressed' ? fewRows(name, setting) : []),
        [
          'most reads fail, and those that do not see it',
          { [checked('consistent')]: grows([0.2, at + 1]), [checked('failed')]: grows([2, at + 1]) },
          at,
          [],
        ],
        [
          'most reads fail, and a tenth of the others is stale',
          {
            [checked('consistent')]: grows([0.9, at + 1]),
            [checked('stale')]: grows([0.1, at + 1]),
            [checked('missing')]: grows([9, at + 1]),
            [checked('failed')]: grows([900, at + 1]),
          },
          at,
          ['6', '3', '1'],
          ['6', '3', '1'],
        ],
      ];
  }
}

const alerts = {
  availability: 'RequestErrorBudgetBurn',
  photoReads: 'PhotoReadBudgetBurn',
  feeds: 'FeedBudgetBurn',
  freshness: 'FreshnessBudgetBurn',
} as const satisfies Record<ObjectiveName, string>;

export function burnCases(setting: CaseSetting): CaseTable {
  return tableOf((name) => [
    ...thresholdRows(name, setting),
    ...rareRows(name, setting),
    ...ownRows(name, setting),
  ]);
}

/** What a pair of windows sees while its long one passes. */
export function burnShapeCases(setting: CaseSetting, window: BurnWindow): CaseTable {
  return tableOf((name) => shapeRows(name, setting, window));
}

const tableOf = (rowsOf: (name: ObjectiveName) => readonly CaseRow[]): CaseTable =>
  Object.fromEntries((Object.keys(alerts) as ObjectiveName[]).map((name) => [alerts[name], rowsOf(name)]));
