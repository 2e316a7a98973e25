import { atOnce, replica } from './alert-case.ts';
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
  return [...sendingRows(setting), ...receivingRows(setting)];
}

const counted = (outcome: string, values: string): Series => ({
  [`cache_invalidations_total{${replica},outcome="${outcome}"}`]: values,
});

function sendingRows(setting: CaseSetting): CaseRow[] {
  const { grows, window, longForSteps, keepFiringForSteps } = setting;
  const soon = longForSteps + 1;
  const fires = ['sending'];
  const shareOf = (failed: number, sent: number): Series => ({
    ...counted('failed', grows([0, 20], [failed, 180])),
    ...counted('sent', grows([0, 20], [sent, 180])),
  });
  const few = (failed: number, sent: number): Series => ({
    ...counted('failed', atOnce(setting, failed, 50)),
    ...counted('sent', atOnce(setting, sent, 50)),
  });
  const often = counted('failed', grows([2, 100]));
  return [
    ['sending: one in fifty fails', shareOf(2, 98), 60, fires],
    ['sending: one in a hundred fails', shareOf(1, 99), 60, []],
    ['sending: three have failed', few(3, 0), 50 + soon, fires],
    ['sending: two of three have failed', few(2, 1), 50 + soon, []],
    ['sending: one has failed', few(1, 0), 50 + soon, []],
    ['sending: it has just been', few(3, 0), 50 + window + keepFiringForSteps - 5, fires],
    [
      'sending: redis fails now and then, which is not why',
      { ...often, ...tier(setting, [[60, 100]], [[40, 100]]) },
      60,
      fires,
    ],
    ['sending: none fails', counted('failed', grows([0, 100])), 60, []],
    [
      'sending: it is over',
      counted('failed', grows([2, 20], [0, 180])),
      20 + window + keepFiringForSteps + 5,
      [],
    ],
    ...withoutRedis('sending', often, counted('failed', grows([2, 70], [0, 30])), setting),
  ];
}

function receivingRows(setting: CaseSetting): CaseRow[] {
  const { grows, stands, stepSeconds, window, forSteps, longForSteps, keepFiringForSteps } = setting;
  const soon = longForSteps + 1;
  const fires = ['receiving'];
  const startedAt = (step: number): Series => ({
    [`process_start_time_seconds{${replica}}`]: stands([step * stepSeconds, 200]),
  });
  const young = window + forSteps;
  const disconnected = counted('disconnected', atOnce(setting, 3, 50));
  const ofEach = Object.fromEntries(
    ['r1', 'r2', 'r3', 'r4'].map((instance) => [
      `cache_invalidations_total{candidate="a",job="darkroom-service",instance="${instance}",outcome="disconnected"}`,
      atOnce(setting, 1, 50),
    ]),
  );
  const often = counted('disconnected', grows([2, 100]));
  return [
    ['receiving: the bus was lost again and again', disconnected, 50 + soon, fires],
    ['receiving: messages were missing', counted('loss-noticed', atOnce(setting, 3, 50)), 50 + soon, fires],
    [
      'receiving: the bus was lost, and a message was missing then',
      {
        ...counted('disconnected', atOnce(setting, 2, 50)),
        ...counted('loss-noticed', atOnce(setting, 1, 50)),
      },
      50 + soon,
      fires,
    ],
    ['receiving: the bus was lost twice', counted('disconnected', atOnce(setting, 2, 50)), 50 + soon, []],
    ['receiving: the bus was lost once, for all replicas', ofEach, 50 + soon, []],
    ['receiving: it has just been', disconnected, 50 + window + keepFiringForSteps - 5, fires],
    [
      'receiving: a replica that is no longer young was disconnected',
      { ...disconnected, ...startedAt(50 - young - 1) },
      50 + soon,
      fires,
    ],
    [
      'receiving: redis fails now and then, which is not why',
      { ...often, ...tier(setting, [[60, 100]], [[40, 100]]) },
      60,
      fires,
    ],
    ['receiving: the bus is there again', counted('resumed', atOnce(setting, 3, 50)), 50 + soon, []],
    [
      'receiving: a replica has just begun, and hears of what was said before',
      { ...counted('loss-noticed', atOnce(setting, 3, 50)), ...startedAt(48) },
      50 + soon,
      [],
    ],
    [
      'receiving: a replica that is still young was disconnected',
      { ...disconnected, ...startedAt(50 - Math.floor(young / 2)) },
      50 + soon,
      [],
    ],
    ...withoutRedis('receiving', often, counted('disconnected', grows([2, 70], [0, 30])), setting),
  ];
}

/** What fails together with Redis is told by another alert. */
function withoutRedis(sign: string, failing: Series, hasFailed: Series, setting: CaseSetting): CaseRow[] {
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
    [`${sign}: redis was down a moment ago`, { ...hasFailed, ...wasDown }, 78, []],
    [`${sign}: redis is down`, { ...failing, ...down }, 60, []],
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

function queueRows({ grows, stands, window, forSteps }: CaseSetting): CaseRow[] {
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
    [
      'storage has refused one',
      { ...length([0, 150]), ...queued('set-aside', once) },
      50 + forSteps + 2,
      true,
    ],
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

function failingRows({ grows, stands, window, keepFiringForSteps }: CaseSetting): CaseRow[] {
  const queued = (outcome: string, values: string): Series => ({
    [`cache_queued_writes_total{${replica},outcome="${outcome}"}`]: values,
  });
  const long = keepFiringForSteps + window;
  return [
    ['storage takes none', queued('failed', grows([5, 2 * long])), long, true],
    [
      'one fails whenever it is tried, and the others are flushed',
      { ...queued('failed', `${grows([0.1, 2 * long])}`), ...queued('flushed', grows([5, 2 * long])) },
      long,
      true,
    ],
    [
      'they have not failed for long',
      queued('failed', grows([0, 20], [5, 100])),
      20 + keepFiringForSteps - 3,
      false,
    ],
    [
      'a batch failed once',
      queued('failed', `${stands([0, 20])} ${stands([50, long])}`),
      20 + keepFiringForSteps,
      false,
    ],
    ['storage takes them again', queued('failed', grows([5, 20], [0, 2 * long])), 20 + long, false],
    ['rows are refused, which another alert tells', queued('refused', grows([5, 2 * long])), long, false],
    ['none fails', queued('failed', grows([0, 2 * long])), long, false],
  ];
}
