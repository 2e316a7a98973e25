import { replica } from './alert-case.ts';
import type { CaseRow, CaseSetting } from './alert-case.ts';

type Series = Readonly<Record<string, string>>;
type Row = (name: string, series: Series, fires: boolean) => CaseRow;
/** So much per second of each command: what Redis does, what it refuses, and what it is not asked any more. */
type Commands = (operation: string, ok: number, error: number, refused?: number) => Series;
type Queued = (appended: number, unavailable: number, full?: number) => Series;

const steps = 90;
const at = 60;

/** What Redis refuses of one kind, while it does others. */
export function refusalRows({ grows }: CaseSetting): CaseRow[] {
  const counted = (name: string, labels: string, by: string, perSecond: Readonly<Record<string, number>>) =>
    Object.fromEntries(
      Object.entries(perSecond).map(([value, count]) => [
        `${name}{${labels},${by}="${value}"}`,
        grows([count, steps]),
      ]),
    );
  const commands: Commands = (operation, ok, error, refused = 0) => {
    const labels = `${replica},cache_tier="redis",cache_operation="${operation}"`;
    return counted('cache_operation_duration_seconds_count', labels, 'cache_result', { ok, error, refused });
  };
  const queued: Queued = (appended, unavailable, full = 0) =>
    counted('cache_queued_writes_total', replica, 'outcome', { appended, unavailable, full });
  const rowOf =
    (sign: string): Row =>
    (name, series, fires) => [name, series, at, fires ? [sign] : [], [sign]];
  return [
    ...writeRows(rowOf('writes'), commands),
    ...readRows(rowOf('reads'), commands),
    ...queueRows(rowOf('queue'), commands, queued),
  ];
}

function writeRows(row: Row, commands: Commands): CaseRow[] {
  const others = commands('get', 100, 0);
  const besides = (...given: Parameters<Commands>): Series => ({ ...others, ...commands(...given) });
  return [
    row('each write is refused, and reads are not', besides('set', 0, 40), true),
    row('one write in eight is refused', besides('set', 35, 5), true),
    row('few write', besides('set', 0, 1.5), true),
    row('what is deleted is refused', besides('delete', 20, 20), true),
    row('nobody is given a lease', besides('lease', 0, 20), true),
    row('some are not even sent', besides('set', 30, 0, 10), true),
    row('one in sixteen is refused', besides('set', 37.5, 2.5), false),
    row('hardly anybody writes', besides('set', 0, 0.75), false),
    row('none is refused', besides('set', 40, 0), false),
    row('reads are refused', { ...commands('get', 60, 40), ...commands('set', 40, 0) }, false),
    row(
      'redis is down, and that is told already',
      { ...commands('get', 0, 60), ...commands('set', 0, 40) },
      false,
    ),
  ];
}

function readRows(row: Row, commands: Commands): CaseRow[] {
  return [
    row(
      'each read is refused, and writes are not',
      { ...commands('get', 0, 30), ...commands('set', 60, 0) },
      true,
    ),
    row('one in eight reads of many keys is refused', commands('mget', 35, 5), true),
    row('few read', { ...commands('get', 0, 1.5), ...commands('set', 20, 0) }, true),
    row('one in sixteen is refused', commands('get', 37.5, 2.5), false),
    row('hardly anybody reads', { ...commands('get', 0, 0.75), ...commands('set', 20, 0) }, false),
    row('writes are refused', { ...commands('get', 100, 0), ...commands('set', 0, 40) }, false),
    row('redis is down, and that is told already', commands('get', 0, 60), false),
  ];
}

function queueRows(row: Row, commands: Commands, queued: Queued): CaseRow[] {
  const others = commands('get', 100, 0);
  return [
    row('each like goes past the queue', { ...others, ...queued(0, 0.25) }, true),
    row('redis does most of the rest', { ...commands('get', 60, 40), ...queued(0, 4) }, true),
    row('one in eight goes past it', { ...others, ...queued(3.5, 0.5) }, true),
    row('one in sixteen does', { ...others, ...queued(3.75, 0.25) }, false),
    row('it is full, which is no refusal', { ...others, ...queued(1, 0, 9) }, false),
    row('nothing is written', { ...others, ...queued(0, 0) }, false),
    row('redis is down, and that is told already', { ...commands('get', 0, 60), ...queued(0, 4) }, false),
  ];
}
