import { CommandError } from '../../errors.ts';
import { shorten } from '../event-batch.ts';
import type { Complaints } from '../recording-invalid.ts';

/** What a column of a CSV file may be, and the names by which it is found where nobody says which column it is. */
const usualNames = {
  time: ['time', 'timestamp', 'ts', 'clock_time', 'real_time'],
  key: ['key', 'object', 'obj', 'obj_id', 'object_id', 'id'],
  bytes: ['bytes', 'size', 'obj_size', 'object_size', 'value_size'],
  event: ['event', 'op', 'operation', 'method'],
  class: ['class', 'kind', 'type'],
  lifetime: ['lifetime', 'ttl'],
  viewer: ['viewer', 'client', 'client_id', 'user'],
} as const;

export type CsvColumn = keyof typeof usualNames;
const csvColumns = Object.keys(usualNames) as CsvColumn[];

/** How many microseconds a unit has. */
const units: Readonly<Record<string, number>> = { s: 1e6, ms: 1e3, us: 1, ns: 1e-3 };
const usualUnitUs = 1e6;

/** Where the columns are, counted from 0, and the units of those that are times. */
export type CsvLayout = {
  readonly places: { readonly [column in CsvColumn]?: number };
  readonly timeUnitUs: number;
  readonly lifetimeUnitUs: number;
  readonly hasHeader: boolean;
};

type Wanted = { readonly name: string; readonly unitUs: number | null };

/** What `--columns` says: `time=ts:ms,key=obj,bytes=3`. A column is named as in the head, or counted from 1. */
export function parseColumnMap(text: string): ReadonlyMap<CsvColumn, Wanted> {
  const wanted = new Map<CsvColumn, Wanted>();
  for (const part of text.split(',')) {
    const { what, name, unit } =
      /^(?<what>[^=]+)=(?<name>.+?)(?::(?<unit>s|ms|us|ns))?$/.exec(part)?.groups ?? {};
    const column = csvColumns.find((one) => one === (what === 'size' ? 'bytes' : what));
    if (column === undefined || name === undefined)
      throw new CommandError('usage', `--columns does not take "${shorten(part)}".`, {
        remedy: `It takes ${csvColumns.join(', ')}, each with the name of its column or its place from 1, times with their unit: time=ts:ms,key=obj,bytes=3`,
      });
    wanted.set(column, { name, unitUs: unit === undefined ? null : (units[unit] ?? null) });
  }
  return wanted;
}

/** Finds the columns in the first line. Throws when it has none of a name, or neither a time nor a key. */
export function layoutOf(
  head: readonly string[],
  { wanted, place: line }: { readonly wanted: ReadonlyMap<CsvColumn, Wanted>; readonly place: number },
  complaints: Complaints,
): CsvLayout {
  const names = head.map((name) => name.trim());
  const places: { [column in CsvColumn]?: number } = {};
  for (const column of csvColumns) {
    const asked = wanted.get(column);
    const place =
      asked === undefined
        ? usualPlace(column, names)
        : placeOf(asked.name, names, (message) => complaints.at(line, message));
    if (place >= 0) places[column] = place;
  }
  for (const column of ['time', 'key'] as const)
    if (places[column] === undefined)
      throw complaints.at(
        line,
        `no column is known to be the ${column}. It has: ${names.map(shorten).join(', ')}.`,
        `Say which one it is: --columns time=...,key=...`,
      );
  const unitOf = (column: 'time' | 'lifetime'): number =>
    wanted.get(column)?.unitUs ?? unitOfName(names[places[column] ?? -1] ?? '') ?? usualUnitUs;
  const hasHeader = !/^-?\d+(\.\d+)?$/.test(names[places.time ?? 0] ?? '');
  return { places, timeUnitUs: unitOf('time'), lifetimeUnitUs: unitOf('lifetime'), hasHeader };
}

/** `timestamp_ms` and `ttl_s` say their unit themselves. */
function unitOfName(name: string): number | undefined {
  return units[/_(s|ms|us|ns)$/.exec(name)?.[1] ?? ''];
}

function usualPlace(column: CsvColumn, names: readonly string[]): number {
  const usual: readonly string[] = usualNames[column];
  return names.findIndex((name) => usual.includes(name.toLowerCase().replace(/_(s|ms|us|ns)$/, '')));
}

function placeOf(name: string, names: readonly string[], complain: (message: string) => Error): number {
  const place = /^\d+$/.test(name) ? Number(name) - 1 : names.indexOf(name);
  if (place >= 0 && place < names.length) return place;
  throw complain(
    `it has no column "${shorten(name)}", which --columns names. It has: ${names.map(shorten).join(', ')}.`,
  );
}
