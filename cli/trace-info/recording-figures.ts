import { openRecording, usualObjectsMax } from '../recordings/read-recording.ts';
import type { OpenOptions } from '../recordings/read-recording.ts';
import { readsOfEvents } from '../recordings/reads-of-events.ts';
import type { EventName, OutcomeName, RecordingMeta } from '../recordings/recording.ts';
import type { LogHistogram } from './log-histogram.ts';
import type { ObjectTally } from './object-tally.ts';
import { countingEvents, createEventCounts, readAgain, readOnce } from './recording-passes.ts';
import type { FirstPass, SecondPass } from './recording-passes.ts';

type Quantiles = { readonly p50: number | null; readonly p90: number | null; readonly p99: number | null };

/** What a designer of caches asks of a recording. A figure that cannot be had is null. */
export type RecordingFigures = {
  readonly file: string;
  readonly format: string;
  readonly meta: RecordingMeta;
  readonly events: Readonly<Record<EventName, number>>;
  /**
   * Reads by who answered them: a tier, storage, or the load of another read; '' where that is not known.
   * Reads past the cache are `bypass`; of all other figures, only `events` counts them.
   */
  readonly outcomes: Readonly<Record<OutcomeName, number>>;
  /** Requests of an access log that are left out, since they took minutes. */
  readonly late: number;
  readonly seconds: number;
  readonly reads: number;
  readonly objects: number;
  /** The share of writes and removals among all reads, writes and removals. */
  readonly writeShare: number;
  /**
   * `objects`: the bytes of all objects whose size is known, each counted once; `read`: the bytes of all
   * reads whose size is known.
   */
  readonly bytes: { readonly objects: number; readonly read: number; readonly readsWithoutSize: number };
  readonly classes: readonly { readonly name: string; readonly reads: number }[];
  readonly oneHitWonders: {
    readonly objects: number;
    readonly shareOfObjects: number;
    readonly shareOfReads: number;
  };
  /** Null: too few objects are read often enough to say anything. */
  readonly skew: SecondPass['skew'];
  /** Of reads of an object that was read before: how many objects were read since, itself among them, and how long ago that was. */
  readonly reuse: {
    readonly reads: number;
    readonly objects: Quantiles;
    readonly seconds: Quantiles;
    /** Counts by doublings: [1, 2), [2, 4) ... objects up to and with itself. */
    readonly objectsByDoubling: readonly number[];
  };
  /** In stretches of equal length. */
  readonly popularity: SecondPass['popularity'];
};

/** Reads the file twice: what is held is bounded by the number of its objects. */
export async function takeRecordingFigures(
  file: string,
  options: OpenOptions = {},
): Promise<RecordingFigures> {
  const { format, events } = await openRecording(file, options);
  const counts = createEventCounts();
  const source = readsOfEvents(countingEvents(events, counts), {
    file,
    isForeign: format.isForeign,
    objectsMax: options.objectsMax ?? usualObjectsMax,
  });
  const first = await readOnce(source);
  const second = await readAgain(source, first, counts);
  const { read, write, remove } = counts.events;
  const reads = read - counts.outcomes.bypass;
  return {
    file,
    format: format.name,
    meta: events.meta,
    events: counts.events,
    outcomes: counts.outcomes,
    late: source.late?.() ?? 0,
    seconds: (counts.toUs - counts.fromUs) / 1e6,
    reads,
    objects: first.tally.objects(),
    writeShare: (write + remove) / (reads + write + remove),
    bytes: bytesOf(first),
    classes: classesOf(first, source.classes()),
    oneHitWonders: oneHitWondersOf(first.tally, reads),
    skew: second.skew,
    reuse: {
      reads: first.ages.count(),
      objects: quantilesOf(first.distances, 1),
      seconds: quantilesOf(first.ages, 1e-6),
      objectsByDoubling: first.distances.doublings(),
    },
    popularity: second.popularity,
  };
}

function bytesOf({ tally, bytesRead, readsWithoutSize }: FirstPass): RecordingFigures['bytes'] {
  const objects = tally.bytes().reduce((sum, bytes) => sum + bytes, 0);
  return { objects, read: bytesRead, readsWithoutSize };
}

function classesOf({ readsOfClass }: FirstPass, names: readonly string[]): RecordingFigures['classes'] {
  return [...readsOfClass]
    .map(([number, reads]) => ({ name: names[number] ?? '', reads }))
    .toSorted((one, other) => other.reads - one.reads);
}

function oneHitWondersOf(tally: ObjectTally, reads: number): RecordingFigures['oneHitWonders'] {
  const objects = tally.reads().reduce((sum, count) => sum + (count === 1 ? 1 : 0), 0);
  return {
    objects,
    shareOfObjects: objects / Math.max(tally.objects(), 1),
    shareOfReads: objects / Math.max(reads, 1),
  };
}

function quantilesOf({ quantile }: LogHistogram, unit: number): Quantiles {
  const at = (share: number): number | null => {
    const value = quantile(share);
    return value === null ? null : value * unit;
  };
  return { p50: at(0.5), p90: at(0.9), p99: at(0.99) };
}
