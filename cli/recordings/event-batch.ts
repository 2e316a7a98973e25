import { batchRowsMax } from './recording.ts';
import type { RecordingMeta } from './recording.ts';
import type { Complaints } from './recording-invalid.ts';

/** Up to `batchRowsMax` events as columns of equal capacity, of which the first `length` are filled. */
export type EventBatch = {
  length: number;
  readonly timeUs: Float64Array;
  /** Places in `eventNames`. */
  readonly event: Uint8Array;
  readonly request: Float64Array;
  /** Places in the class names of the source. */
  readonly class: Uint16Array;
  readonly key: BigInt64Array;
  readonly bytes: Uint32Array;
  readonly lifetimeMs: Uint32Array;
  readonly viewer: BigInt64Array;
  readonly replica: Int16Array;
  /** Places in `outcomeNames`. */
  readonly outcome: Uint8Array;
};

/** The events of a file of whatever format. */
export type EventsSource = {
  readonly meta: RecordingMeta;
  /** Grows while batches are read. */
  readonly classes: () => readonly string[];
  /** A batch is only valid until the next one is asked for. May be called again. */
  readonly batches: () => AsyncIterable<EventBatch>;
  /**
   * How many events were left out of the batches so far, since they came after later ones; absent: none ever
   * are.
   */
  readonly late?: () => number;
};

export function createEventBatch(rows: number = batchRowsMax): EventBatch {
  return {
    length: 0,
    timeUs: new Float64Array(rows),
    event: new Uint8Array(rows),
    request: new Float64Array(rows),
    class: new Uint16Array(rows),
    key: new BigInt64Array(rows),
    bytes: new Uint32Array(rows),
    lifetimeMs: new Uint32Array(rows),
    viewer: new BigInt64Array(rows),
    replica: new Int16Array(rows),
    outcome: new Uint8Array(rows),
  };
}

/**
 * The places of the low and the high half among the two 32-bit words of an int64, by the byte order of this
 * machine.
 */
export const [lowHalf, highHalf] =
  new Uint8Array(Uint32Array.of(1).buffer)[0] === 1 ? ([0, 1] as const) : ([1, 0] as const);

/** Class names, by first appearance. */
export type ClassTable = {
  readonly names: readonly string[];
  readonly numberOf: (name: string, place: number) => number;
};

/** Throws at the place where a class would be one too many: a recording that has an identifier for its class has no classes. */
export function createClassTable(classesMax: number, complaints: Complaints): ClassTable {
  const names: string[] = [];
  const numbers = new Map<string, number>();
  return {
    names,
    numberOf(name, place) {
      const known = numbers.get(name);
      if (known !== undefined) return known;
      if (names.length === classesMax)
        throw complaints.at(
          place,
          `"${shorten(name)}" is class ${classesMax + 1}; at most ${classesMax} distinct classes are expected.`,
          'A class is a kind of object, such as photo, and not its identifier. --classes-max allows more.',
        );
      const number = names.push(name) - 1;
      numbers.set(name, number);
      return number;
    },
  };
}

/** Foreign text in a message: short, and on one line. */
export function shorten(text: string): string {
  // oxlint-disable-next-line no-control-regex
  const plain = text.replace(/[\u0000-\u001f\u007f-\u009f]/g, '?');
  return plain.length > 60 ? `${plain.slice(0, 57)}...` : plain;
}

/** Throws where a time is before the one above it, or so late that microseconds can no longer be told apart. */
export function requireSorted(
  timeUs: number,
  { previousUs, place }: { readonly previousUs: number; readonly place: number },
  complaints: Complaints,
): void {
  if (timeUs < previousUs)
    throw complaints.at(
      place,
      `its time, ${timeUs} µs, is before the ${previousUs} µs of what stands above it; events are expected in the order of their times.`,
    );
  if (timeUs > Number.MAX_SAFE_INTEGER)
    throw complaints.at(
      place,
      `its time, ${timeUs} µs, is ${Math.round(timeUs / 31_557_600e6)} years after the beginning; is it in another unit?`,
      'A CSV says it behind the column: --columns time=ts:ns,key=...',
    );
}
