import { replica } from './alert-case.ts';
import type { CaseRow, CaseSetting, CaseTable, Stretch } from './alert-case.ts';
import { tier } from './cache-cases.ts';

type Series = Readonly<Record<string, string>>;

export function writeCases(setting: CaseSetting): CaseTable {
  return {
    InvalidationsFail: invalidationRows(setting),
    InvalidationLag: lagRows(setting),
    WriteQueueStuck: queueRows(setting),
    QueuedWritesFail: failingRows(setting),
  };
}

function invalidationRows(setting: CaseSetting): CaseRow[] {
  const { grows, stands, stepSeconds, window, wait, longWait, keep } = setting;
  const counted = (outcome: string, values: string): Series => ({
    [`cache_invalidations_total{${replica},outcome="${outcome}"}`]: values,
  });
  /** One at this step, and never again. */
  const once = (step: number): string => `${stands([0, step])} ${stands([1, 200 - step])}`;
  const startedAt = (step: number): Series => ({
    [`process_start_time_seconds{${replica}}`]: stands([step * stepSeconds, 200]),
  });
  const young = window + wait;
  const soon = longWait + 1;
  return [
    ['some fail', counted('failed', grows([0, 20], [2, 80])), 60, true],
    ['one has failed', counted('failed', once(50)), 50 + soon, true],
    ['the bus was lost', counted('disconnected', once(50)), 50 + soon, true],
    ['a message was missing', counted('loss-noticed', once(50)), 50 + soon, true],
    ['it has just been', counted('disconnected', once(50)), 50 + window + keep - 5, true],
    [
      'a replica that is no longer young was disconnected',
      { ...counted('disconnected', once(50)), ...startedAt(50 - young - 1) },
      50 + soon,
      true,
    ],
    [
      'redis fails now and then, which is not why',
      { ...counted('failed', grows([2, 100])), ...tier(setting, [[60, 100]], [[40, 100]]) },
      60,
      true,
    ],
    ['none fails', counted('failed', grows([0, 100])), 60, false],
    ['the bus is there again', counted('resumed', once(50)), 50 + soon, false],
    ['it is over', counted('failed', grows([2, 20], [0, 180])), 20 + window + keep + 5, false],
    [
      'a replica has just begun, and hears of what was said before',
      { ...counted('loss-noticed', once(50)), ...startedAt(48) },
      50 + soon,
      false,
    ],
    [
      'a replica that is still young was disconnected',
      { ...counted('disconnected', once(50)), ...startedAt(50 - Math.floor(young / 2)) },
      50 + soon,
      false,
    ],
    ...withoutRedis(counted('failed', grows([2, 100])), counted('failed', grows([2, 70], [0, 30])), setting),
  ];
}

/** What fails together with Redis is told by another alert. */
function withoutRedis(failing: Series, hasFailed: Series, setting: CaseSetting): CaseRow[] {
  const down = tier(setting, [[0, 100]], [[50, 100]]);
  const wasDown = tier(
    setting,
    [
      [0, 60],
      [50, 40],
    ],
    [
      [50, 60],
      [0, 40],
    ],
  );
  return [
    ['redis was down a moment ago', { ...hasFailed, ...wasDown }, 78, false],
    ['redis is down', { ...failing, ...down }, 60, false],
  ];
}

function lagRows({ grows, timing }: CaseSetting): CaseRow[] {
  const name = 'cache_invalidation_lag_seconds_bucket';
  /** So many per second, all of them between two bounds. */
  const between = (lower: number, upper: number, count: number): Series => ({
    [`${name}{${replica},le="${lower}"}`]: grows([0, 100]),
    [`${name}{${replica},le="${upper}"}`]: grows([count, 100]),
    [`${name}{${replica},le="+Inf"}`]: grows([count, 100]),
  });
  const { lagSeconds } = timing;
  return [
    ['they take half as long again as they may', between(lagSeconds * 1.4, lagSeconds * 1.5, 10), 60, true],
    ['they take nine tenths of what they may', between(lagSeconds * 0.8, lagSeconds * 0.9, 10), 60, false],
    ['most are in time, and one in fifty is late', manyAndLate(grows, lagSeconds, 98, 2), 60, true],
    [
      'most are in time, and one in two hundred is late',
      manyAndLate(grows, lagSeconds, 99.5, 0.5),
      60,
      false,
    ],
    ['there are none', between(lagSeconds * 1.4, lagSeconds * 1.5, 0), 60, false],
  ];
}

function manyAndLate(
  grows: (...stretches: readonly Stretch[]) => string,
  lagSeconds: number,
  inTime: number,
  late: number,
): Series {
  const name = 'cache_invalidation_lag_seconds_bucket';
  return {
    [`${name}{${replica},le="${lagSeconds / 10}"}`]: grows([inTime, 100]),
    [`${name}{${replica},le="${lagSeconds * 4}"}`]: grows([inTime, 100]),
    [`${name}{${replica},le="${lagSeconds * 5}"}`]: grows([inTime + late, 100]),
    [`${name}{${replica},le="+Inf"}`]: grows([inTime + late, 100]),
  };
}

function queueRows({ grows, stands, window, wait }: CaseSetting): CaseRow[] {
  const length = (...stretches: readonly Stretch[]): Series => ({
    [`cache_write_queue_entries{${replica}}`]: stands(...stretches),
  });
  const queued = (outcome: string, values: string): Series => ({
    [`cache_queued_writes_total{${replica},outcome="${outcome}"}`]: values,
  });
  const once = `${stands([0, 50])} ${stands([1, 100])}`;
  return [
    [
      'they wait and none is flushed, though nobody writes any more',
      { ...length([0, 20], [10, 100]), ...queued('flushed', grows([5, 20], [0, 100])) },
      100,
      true,
    ],
    ['storage has refused one', { ...length([0, 150]), ...queued('set-aside', once) }, 50 + wait + 2, true],
    [
      'some always wait, and others are flushed',
      { ...length([10, 120]), ...queued('flushed', grows([5, 120])) },
      60,
      false,
    ],
    ['they have not waited for long', length([0, 50], [10, 50]), 50 + window - 2, false],
    ['none waits', { ...length([0, 100]), ...queued('flushed', grows([0, 100])) }, 60, false],
    ['none waits any more', length([10, 50], [0, 50]), 60, false],
    ['one was refused, a while ago', { ...length([0, 150]), ...queued('set-aside', once) }, 80, false],
  ];
}

function failingRows({ grows, stands, window, keep }: CaseSetting): CaseRow[] {
  const queued = (outcome: string, values: string): Series => ({
    [`cache_queued_writes_total{${replica},outcome="${outcome}"}`]: values,
  });
  const long = keep + window;
  return [
    ['storage takes none', queued('failed', grows([5, 2 * long])), long, true],
    [
      'one fails whenever it is tried, and the others are flushed',
      { ...queued('failed', `${grows([0.1, 2 * long])}`), ...queued('flushed', grows([5, 2 * long])) },
      long,
      true,
    ],
    ['they have not failed for long', queued('failed', grows([0, 20], [5, 100])), 20 + keep - 3, false],
    ['a batch failed once', queued('failed', `${stands([0, 20])} ${stands([50, long])}`), 20 + keep, false],
    ['storage takes them again', queued('failed', grows([5, 20], [0, 2 * long])), 20 + long, false],
    ['rows are refused, which another alert tells', queued('refused', grows([5, 2 * long])), long, false],
    ['none fails', queued('failed', grows([0, 2 * long])), long, false],
  ];
}
