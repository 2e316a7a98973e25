import { secondsOf } from '../../../dashboards/rules/timing.ts';
import { atOnce, replica } from './alert-case.ts';
import type { CaseRow, CaseSetting, CaseTable, Stretch } from './alert-case.ts';

type Series = Readonly<Record<string, string>>;

const worker = (number: number): string =>
  `candidate="a",job="darkroom-process",instance="a-rollup-worker-${number}",kind="rollup-worker"`;

export function counterCases(setting: CaseSetting): CaseTable {
  return {
    CounterRollupLag: lagRows(setting),
    CounterQueueGrowing: queueRows(setting),
    CounterRollupEventsDropped: droppedRows(setting),
    CountingFails: failingRows(setting),
  };
}

function lagRows({ grows, timing }: CaseSetting): CaseRow[] {
  const limit = timing.lagSeconds * 6;
  const bucket = (le: string): string =>
    `darkroom_counter_rollup_lag_seconds_bucket{${worker(1)},le="${le}"}`;
  /** So many of a thousand each second between the bounds, the others in next to no time. */
  const between = (lower: number, upper: number, slow: number, all = 1_000): Series => ({
    [bucket('0.1')]: grows([all - slow, 100]),
    [bucket(String(lower))]: grows([all - slow, 100]),
    [bucket(String(upper))]: grows([all, 100]),
    [bucket('+Inf')]: grows([all, 100]),
  });
  return [
    ['all are late by half', between(limit * 1.4, limit * 1.5, 1_000), 60, true],
    ['one in fifty is late', between(limit * 1.4, limit * 1.5, 20), 60, true],
    ['one in two hundred is late', between(limit * 1.4, limit * 1.5, 5), 60, false],
    ['all take nine tenths of what they may', between(limit * 0.8, limit * 0.9, 1_000), 60, false],
    ['there are none', between(limit * 1.4, limit * 1.5, 0, 0), 60, false],
  ];
}

function queueRows({ grows, stands, timing }: CaseSetting): CaseRow[] {
  const length = (number: number, values: string): Series => ({
    [`darkroom_counter_queue_length{${worker(number)}}`]: values,
  });
  /** Stretches in which it grows by so much in each window of fifteen steps. */
  const ramp = (...stretches: readonly Stretch[]): string =>
    grows(...stretches.map(([perWindow, steps]) => [perWindow / secondsOf(timing.window), steps] as const));
  return [
    ['it grows from window to window', length(1, ramp([150, 100])), 80, true],
    [
      'two workers grow by less each',
      { ...length(1, ramp([70, 100])), ...length(2, ramp([70, 100])) },
      80,
      true,
    ],
    ['it grows by a few', length(1, ramp([70, 100])), 80, false],
    ['it stands high, as with low cardinality', length(1, stands([5_000, 100])), 80, false],
    ['it falls', length(1, stands([5_000, 45], [10, 55])), 70, false],
    ['a load begins', length(1, stands([0, 45], [5_000, 55])), 70, false],
    ['it stands where it has grown to', length(1, ramp([300, 45], [0, 55])), 80, false],
    ['it has just begun to grow much', length(1, ramp([70, 45], [300, 55])), 72, false],
    ['it grows much less than it did', length(1, ramp([300, 45], [70, 55])), 80, false],
    [
      'it comes and goes',
      length(1, stands(...Array.from({ length: 25 }, (_, at) => [at % 2 === 0 ? 0 : 400 * at, 4] as const))),
      80,
      false,
    ],
  ];
}

function droppedRows({ grows }: CaseSetting): CaseRow[] {
  const hints = (outcome: string, ...stretches: readonly Stretch[]): Series => ({
    [`darkroom_counter_rollup_events_total{${replica},outcome="${outcome}"}`]: grows(...stretches),
  });
  return [
    ['some are dropped', hints('dropped', [0, 20], [2, 80]), 60, true],
    ['none is', { ...hints('dropped', [0, 100]), ...hints('sent', [10, 100]) }, 60, false],
    ['many are coalesced', hints('coalesced', [50, 100]), 60, false],
  ];
}

function failingRows(setting: CaseSetting): CaseRow[] {
  const operations = (mode: string, outcome: string, values: string): Series => ({
    [`darkroom_counter_operations_total{${replica},operation="add",outcome="${outcome}",mode="${mode}"}`]:
      values,
  });
  const operated = (mode: string, outcome: string, perSecond: number): Series =>
    operations(mode, outcome, setting.grows([perSecond, 100]));
  /** All that were asked, as at night. */
  const few = (failed: number): Series => operations('row-cas', 'failed', atOnce(setting, failed, 50));
  const soon = 50 + setting.forSteps + 5;
  const at = 60;
  return [
    [
      'one in sixty fails',
      { ...operated('row-cas', 'ok', 59), ...operated('row-cas', 'failed', 1) },
      at,
      true,
    ],
    [
      'those of one mode fail, and those of another do not',
      {
        ...operated('row-cas', 'ok', 50),
        ...operated('row-cas', 'failed', 1),
        ...operated('row', 'ok', 5_000),
      },
      at,
      true,
    ],
    [
      'one in a hundred and twenty fails',
      { ...operated('row-cas', 'ok', 119), ...operated('row-cas', 'failed', 1) },
      at,
      false,
    ],
    [
      'callers are refused',
      { ...operated('eventual', 'ok', 50), ...operated('eventual', 'refused', 50) },
      at,
      false,
    ],
    ['none fails', operated('row-cas', 'ok', 50), at, false],
    ['the only three fail', few(3), soon, true],
    ['the only two fail', few(2), soon, false],
  ];
}
