/**
 * What a process of the service writes down of its requests and of the reads that they made, for `darkroom record` to gather: records
 * of equal length, which need no parsing and cost little to write.
 */
export type RecordedKind = 'read' | 'write' | 'remove' | 'request';

/** What an identifier is of, so that the same number of a photo and of a person is not the same thing. */
export const recordedThings = ['none', 'photo', 'person', 'image'] as const;
export type RecordedThing = (typeof recordedThings)[number];

/** Who answered a read; '' where that cannot be told, as of what storage does not have. */
export const recordedOutcomes = ['', 'local', 'shared', 'storage', 'joined', 'bypass'] as const;
export type RecordedOutcome = (typeof recordedOutcomes)[number];

/** So many hexadecimal digits fit a number. */
const digestDigits = 13;

/** The identifier of an image: the beginning of its digest. */
export const imageIdOf = (digest: string): number => Number.parseInt(digest.slice(0, digestDigits), 16) || 0;

export type ServiceEvent = {
  readonly kind: RecordedKind;
  readonly timeUs: number;
  /** Counted within the process; 0: none is known. */
  readonly request: number;
  /** Of a request its operation; otherwise what is cached. */
  readonly name: string;
  readonly thing: RecordedThing;
  readonly id: number;
  /** A person; 0: nobody. */
  readonly viewer: number;
  /** About what the value takes in memory; 0: there is none, or it is not known. */
  readonly bytes: number;
  readonly lifetimeMs: number;
  readonly outcome: RecordedOutcome;
};

/** A record of a file of events: an event, the name that a number stands for, or how the file ends: with the process, or before it. */
export type EventRecord =
  | { readonly type: 'event'; readonly event: ServiceEvent }
  | { readonly type: 'name' }
  | { readonly type: 'full' }
  | { readonly type: 'closed' };

/** In place of a folder: events are made and thrown away. A world whose events nobody wants pays what the recorded one pays. */
export const recordAndDiscard = '-';

export const eventRecordBytes = 48;
/** Longer ones are cut; names of operations and of what is cached are shorter. */
const nameBytesMax = 40;

const kinds: readonly RecordedKind[] = ['read', 'write', 'remove', 'request'];
const closedMark = 253;
const nameMark = 254;
const fullMark = 255;
const at = {
  time: 0,
  id: 8,
  viewer: 16,
  request: 24,
  bytes: 32,
  lifetime: 36,
  name: 40,
  outcome: 42,
  thing: 43,
  mark: 47,
} as const;

/** Writes the record of an event whose name has that number. */
export function writeEventRecord(view: DataView, offset: number, event: ServiceEvent, name: number): void {
  view.setFloat64(offset + at.time, event.timeUs, true);
  view.setFloat64(offset + at.id, event.id, true);
  view.setFloat64(offset + at.viewer, event.viewer, true);
  view.setFloat64(offset + at.request, event.request, true);
  view.setUint32(offset + at.bytes, event.bytes, true);
  view.setUint32(offset + at.lifetime, event.lifetimeMs, true);
  view.setUint16(offset + at.name, name, true);
  view.setUint8(offset + at.outcome, recordedOutcomes.indexOf(event.outcome));
  view.setUint8(offset + at.thing, recordedThings.indexOf(event.thing));
  view.setUint8(offset + at.mark, kinds.indexOf(event.kind));
}

/** Writes which name has that number; it comes before its first event. */
export function writeNameRecord(view: DataView, offset: number, name: string, number: number): void {
  const length = Math.min(name.length, nameBytesMax);
  for (let index = 0; index < length; index += 1) view.setUint8(offset + index, name.charCodeAt(index));
  view.setUint16(offset + nameBytesMax, number, true);
  view.setUint8(offset + nameBytesMax + 2, length);
  view.setUint8(offset + at.mark, nameMark);
}

export function writeFullRecord(view: DataView, offset: number): void {
  view.setUint8(offset + at.mark, fullMark);
}

/** The last one of a process that has written down all. */
export function writeClosedRecord(view: DataView, offset: number): void {
  view.setUint8(offset + at.mark, closedMark);
}

/** Reads a record; `names` keeps what its name records say. Null: it is none. */
export function readEventRecord(
  view: DataView,
  offset: number,
  names: Map<number, string>,
): EventRecord | null {
  const mark = view.getUint8(offset + at.mark);
  if (mark === fullMark) return { type: 'full' };
  if (mark === closedMark) return { type: 'closed' };
  if (mark === nameMark) {
    const codes = Array.from({ length: view.getUint8(offset + nameBytesMax + 2) }, (_, index) =>
      view.getUint8(offset + index),
    );
    names.set(view.getUint16(offset + nameBytesMax, true), String.fromCharCode(...codes));
    return { type: 'name' };
  }
  const kind = kinds[mark];
  const name = names.get(view.getUint16(offset + at.name, true));
  const outcome = recordedOutcomes[view.getUint8(offset + at.outcome)];
  const thing = recordedThings[view.getUint8(offset + at.thing)];
  if (kind === undefined || name === undefined || outcome === undefined || thing === undefined) return null;
  const event: ServiceEvent = {
    kind,
    name,
    outcome,
    thing,
    timeUs: view.getFloat64(offset + at.time, true),
    id: view.getFloat64(offset + at.id, true),
    viewer: view.getFloat64(offset + at.viewer, true),
    request: view.getFloat64(offset + at.request, true),
    bytes: view.getUint32(offset + at.bytes, true),
    lifetimeMs: view.getUint32(offset + at.lifetime, true),
  };
  return { type: 'event', event };
}
