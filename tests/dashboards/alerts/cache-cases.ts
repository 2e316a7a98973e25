import { atOnce, replica } from './alert-case.ts';
import type { CaseRow, CaseSetting, CaseTable, Stretch } from './alert-case.ts';
import { refusalRows } from './refusal-cases.ts';

type Series = Readonly<Record<string, string>>;

/** Commands to redis that it answers, and that it does not. */
const commands = (answered: string, failed: string): Series => {
  const of = `${replica},cache_tier="redis",cache_operation="get"`;
  return {
    [`cache_operation_duration_seconds_count{${of},cache_result="hit"}`]: answered,
    [`cache_operation_duration_seconds_count{${of},cache_result="error"}`]: failed,
    [`cache_operation_failures_total{${of},cache_result="error"}`]: failed,
  };
};

/** The same per second. */
export function tier({ grows }: CaseSetting, ok: readonly Stretch[], failed: readonly Stretch[]): Series {
  return commands(grows(...ok), grows(...failed));
}

export function cacheCases(setting: CaseSetting): CaseTable {
  return {
    RedisTierDown: tierRows(setting),
    RedisTierRefuses: refusalRows(setting),
    CacheHitRatioCollapse: collapseRows(setting),
    CacheStampede: [...peakRows(setting), ...amplificationRows(setting)],
    MetastableLoad: metastableRows(setting),
  };
}

function tierRows(setting: CaseSetting): CaseRow[] {
  /** All that were sent have failed, as at night. */
  const few = (failed: number): Series => commands(atOnce(setting, 0, 50), atOnce(setting, failed, 50));
  const soon = 50 + setting.forSteps + 5;
  const of = (ok: readonly Stretch[], failed: readonly Stretch[]): Series => tier(setting, ok, failed);
  return [
    [
      'all commands fail',
      of(
        [
          [50, 30],
          [0, 60],
        ],
        [
          [0, 30],
          [50, 60],
        ],
      ),
      60,
      true,
    ],
    ['the only three commands fail', few(3), soon, true],
    ['the only two commands fail', few(2), soon, false],
    ['four in ten fail', of([[60, 90]], [[40, 90]]), 60, false],
    ['nobody asks it', of([[0, 90]], [[0, 90]]), 60, false],
    [
      'it is back',
      of(
        [
          [50, 30],
          [0, 20],
          [50, 50],
        ],
        [
          [0, 30],
          [50, 20],
          [0, 50],
        ],
      ),
      75,
      false,
    ],
  ];
}

/** Hits fall and queries rise after a while in which all was well. */
function collapseRows(setting: CaseSetting): CaseRow[] {
  const { grows, before } = setting;
  const well = before + 40;
  const end = well + 40;
  const at = well + 30;
  const collapse = (hits: number, queries: number, requests = 50): Series => ({
    [`http_server_request_duration_seconds_count{${replica}}`]: grows([requests, end]),
    [`cache_requests_total{${replica},cache_tier="memory",cache_result="hit"}`]: grows(
      [90, well],
      [hits, 40],
    ),
    [`cache_requests_total{${replica},cache_tier="none",cache_result="miss"}`]: grows(
      [10, well],
      [100 - hits, 40],
    ),
    [`db_client_operation_duration_seconds_count{${replica}}`]: grows([10, well], [queries, 40]),
  });
  return [
    ['hits fall from 90 to 40 %', collapse(40, 60), at, true],
    ['hits fall by twenty points, queries double', collapse(70, 20), at, true],
    ['few ask, but enough', collapse(40, 60, 1.5), at, true],
    [
      'redis fails now and then, which is not why',
      { ...collapse(40, 60), ...tier(setting, [[60, end]], [[40, end]]) },
      at,
      true,
    ],
    ['hits fall by ten points', collapse(80, 60), at, false],
    ['hits fall, and the database has no more to do', collapse(40, 10), at, false],
    ['hardly anybody asks', collapse(40, 60, 0.75), at, false],
    [
      'redis is down, and that is told already',
      { ...collapse(40, 60), ...tier(setting, [[0, end]], [[50, end]]) },
      at,
      false,
    ],
  ];
}

/** The most loads at once, and how many are usual. */
function peakRows({ stands, before, window, keepFiringForSteps }: CaseSetting): CaseRow[] {
  const of = ['at-once'];
  const usually = before + window + 25;
  const peaks = (...stretches: readonly Stretch[]): Series => ({
    [`cache_loads_inflight_peak{${replica},cache_name="photo"}`]: stands(...stretches),
  });
  const row = (name: string, series: Series, at: number, fires: boolean): CaseRow => [
    name,
    series,
    at,
    fires ? of : [],
    of,
  ];
  const spike: readonly Stretch[] = [
    [4, usually],
    [24, 1],
    [4, 100],
  ];
  const now = usually + 5;
  /** A third of the time before, and what the window of the peaks takes off it. */
  const third = window + Math.floor(before / 3);
  return [
    row('24 at once, for a moment, after four', peaks(...spike), now, true),
    row(
      '24 at once, with a higher spike some time ago',
      peaks([4, 35], [40, 2], [4, usually - 37], [24, 6]),
      now,
      true,
    ),
    row('it was a moment ago', peaks(...spike), usually + window + keepFiringForSteps - 5, true),
    row('it is over', peaks(...spike), usually + window + keepFiringForSteps + 5, false),
    row('there are always forty', peaks([40, usually + 20]), now, false),
    row('thirty after ten', peaks([10, usually], [30, 20]), now, false),
    row('twelve after two', peaks([2, usually], [12, 20]), now, false),
    row(
      'thirty after ten, with fewer for a while',
      peaks([10, usually - window - third], [2, third], [10, window], [30, 20]),
      now,
      false,
    ),
    row('nothing is known of before', peaks([40, 20]), 10, false),
  ];
}

/** Reads and loads per second, of one key each. */
function amplificationRows(setting: CaseSetting): CaseRow[] {
  const { grows, before, window } = setting;
  const of = ['amplification'];
  const usually = before + window + 25;
  /** So short that the median does not see it, even with the slopes that a rate makes of its edges. */
  const short = Math.floor(before / 5);
  const at = usually + window + 5;
  const loading = (reads: readonly Stretch[], loads: readonly Stretch[], more: Series = {}): Series => ({
    [`cache_requests_total{${replica},cache_tier="memory",cache_result="hit"}`]: grows(...reads),
    [`cache_load_duration_seconds_count{${replica}}`]: grows(...loads),
    [`cache_loaded_keys_total{${replica}}`]: grows(...loads),
    ...more,
  });
  const row = (name: string, series: Series, fires: boolean): CaseRow => [
    name,
    series,
    at,
    fires ? of : [],
    of,
  ];
  const always = (value: number): readonly Stretch[] => [[value, at + 10]];
  const then = (first: number, second: number): readonly Stretch[] => [
    [first, usually],
    [second, at - usually + 10],
  ];
  /** Usually the second value, but the first for a short while, and another one now. */
  const mixed = (rare: number, common: number, now: number): readonly Stretch[] => [
    [common, usually - window - short],
    [rare, short],
    [common, window],
    [now, at - usually + 10],
  ];
  return [
    row('six times as many loads for the same reads', loading(always(100), then(10, 60)), true),
    row('the same, after three times as many for a while', loading(always(100), mixed(30, 10, 60)), true),
    row('few, but eight times as many', loading(always(10), then(1, 8)), true),
    row(
      'redis fails now and then, which is not why',
      loading(always(100), then(10, 60), tier(setting, always(60), always(40))),
      true,
    ),
    row('three times as many loads for the same reads', loading(always(100), then(10, 30)), false),
    row('six times as many loads for twice the reads', loading(then(100, 200), then(10, 60)), false),
    row('three times as many loads for half the reads', loading(then(100, 50), then(10, 30)), false),
    row(
      'the same, after few loads for few reads for a while',
      loading(mixed(20, 100, 50), mixed(2, 10, 30)),
      false,
    ),
    row(
      'six times as many loads for twice the reads, after many reads for a while',
      loading(mixed(500, 100, 200), then(10, 60)),
      false,
    ),
    row('hardly any loads, six times as many as before', loading(always(10), then(0.5, 3)), false),
    row(
      'redis is down, and that is told already',
      loading(always(100), then(10, 60), tier(setting, always(0), always(50))),
      false,
    ),
  ];
}

/** After a burst that is over, goodput stays low and loads high. */
function metastableRows(setting: CaseSetting): CaseRow[] {
  const { grows, before } = setting;
  const well = before + 40;
  const end = well + 4 * before;
  const at = well + 30;
  const load = (good: number, loads: number, offered = 100, more: Series = {}): Series => ({
    'load_requests_offered_total{candidate="a"}': grows([100, well], [offered, 4 * before]),
    'load_requests_total{candidate="a",outcome="ok"}': grows([100, well], [good, 4 * before]),
    [`cache_load_duration_seconds_count{${replica}}`]: grows([10, well], [loads, 4 * before]),
    ...more,
  });
  const always = (value: number): readonly Stretch[] => [[value, end]];
  return [
    ['half succeeds, and loads have trebled', load(50, 30), at, true],
    ['it still is so after twice the time that is held against', load(50, 30), well + 2 * before, true],
    ['and after three times', load(50, 30), well + 3 * before, true],
    [
      'redis fails now and then, which is not why',
      load(50, 30, 100, tier(setting, always(60), always(40))),
      at,
      true,
    ],
    ['all succeeds', load(100, 30), at, false],
    ['nine of ten succeed', load(90, 30), at, false],
    ['half succeeds, without more loads', load(50, 10), at, false],
    ['half succeeds, with half as many loads again', load(50, 15), at, false],
    [
      'with nearly twice as many loads, after none for a moment',
      {
        ...load(50, 18),
        [`cache_load_duration_seconds_count{${replica}}`]: grows(
          [10, 20],
          [0, 4],
          [10, well - 24],
          [18, 4 * before],
        ),
      },
      well + before,
      false,
    ],
    ['more is asked for than before', load(50, 30, 200), at, false],
    ['more is asked for than before, and that for long', load(50, 30, 200), well + 2 * before, false],
    ['it recovers', { ...load(50, 30), ...recovering(setting, well) }, well + 2 * before, false],
    [
      'redis is down, and that is told already',
      load(50, 30, 100, tier(setting, always(0), always(50))),
      at,
      false,
    ],
  ];
}

/** Half succeeds for as long as is held against, and then all. */
function recovering({ grows, before }: CaseSetting, well: number): Series {
  return {
    'load_requests_total{candidate="a",outcome="ok"}': grows([100, well], [50, before], [100, 3 * before]),
  };
}
