import type { EventBatch, EventsSource } from '../recordings/event-batch.ts';
import { eventNames, outcomeNames } from '../recordings/recording.ts';
import type { EventName, OutcomeName, ReadsSource } from '../recordings/recording.ts';
import { createStackDistances } from '../simulator/stack-distances.ts';
import { createLogHistogram } from './log-histogram.ts';
import type { LogHistogram } from './log-histogram.ts';
import { createObjectTally, eachRead, isRanking, rankObjects } from './object-tally.ts';
import type { ObjectTally } from './object-tally.ts';
import { createPopularity } from './popularity.ts';
import type { PopularitySlice } from './popularity.ts';
import { fitZipf } from './zipf-fit.ts';
import type { ZipfFit } from './zipf-fit.ts';

/** What the rows of a recording are, whatever they are of. */
export type EventCounts = {
  readonly events: Record<EventName, number>;
  readonly outcomes: Record<OutcomeName, number>;
  fromUs: number;
  toUs: number;
};

export function createEventCounts(): EventCounts {
  return {
    events: { read: 0, write: 0, remove: 0, request: 0 },
    outcomes: Object.fromEntries(outcomeNames.map((name) => [name, 0])) as Record<OutcomeName, number>,
    fromUs: Infinity,
    toUs: -Infinity,
  };
}

/** The same events, counted when they are read for the first time. */
export function countingEvents(source: EventsSource, counts: EventCounts): EventsSource {
  let passes = 0;
  const counted = async function* (): AsyncGenerator<EventBatch> {
    for await (const batch of source.batches()) {
      countBatch(batch, counts);
      yield batch;
    }
  };
  return {
    ...source,
    batches: () => {
      passes += 1;
      return passes === 1 ? counted() : source.batches();
    },
  };
}

function countBatch({ length, event, outcome, timeUs }: EventBatch, counts: EventCounts): void {
  for (let row = 0; row < length; row += 1) {
    const name = eventNames[event[row] ?? 0] ?? 'read';
    counts.events[name] += 1;
    if (name === 'read') counts.outcomes[outcomeNames[outcome[row] ?? 0] ?? ''] += 1;
  }
  if (length === 0) return;
  counts.fromUs = Math.min(counts.fromUs, timeUs[0] ?? 0);
  counts.toUs = Math.max(counts.toUs, timeUs[length - 1] ?? 0);
}

export type FirstPass = {
  readonly tally: ObjectTally;
  /** Of objects that were read before: the objects read since then, itself among them, and microseconds. */
  readonly distances: LogHistogram;
  readonly ages: LogHistogram;
  readonly readsOfClass: ReadonlyMap<number, number>;
  readonly bytesRead: number;
  readonly readsWithoutSize: number;
};

export async function readOnce(source: ReadsSource): Promise<FirstPass> {
  const tally = createObjectTally();
  const stack = createStackDistances();
  const [distances, ages] = [createLogHistogram(), createLogHistogram()];
  const readsOfClass = new Map<number, number>();
  let [bytesRead, readsWithoutSize] = [0, 0];
  for await (const batch of source.batches()) {
    eachRead(batch, 0, (row) => {
      const object = batch.object[row] ?? 0;
      const bytes = batch.bytes[row] ?? 0;
      const classNumber = batch.class[row] ?? 0;
      // Of objects of one byte each: their number.
      const distance = stack.read(object, 1);
      const ageUs = tally.read(object, batch.timeUs[row] ?? 0, bytes);
      if (ageUs !== null) ages.add(ageUs);
      if (Number.isFinite(distance)) distances.add(distance);
      bytesRead += bytes;
      if (bytes === 0) readsWithoutSize += 1;
      readsOfClass.set(classNumber, (readsOfClass.get(classNumber) ?? 0) + 1);
    });
  }
  return { tally, distances, ages, readsOfClass, bytesRead, readsWithoutSize };
}

/** Blocks of as many reads, over which the error of the fit is looked at. */
const blockCount = 10;
/** How often the ranking half must have read an object to know its rank. */
const rankingReadsMin = 30;
const ranksMax = 65_536;
/** Of time, for the picture. */
const sliceCount = 60;

export type SecondPass = {
  readonly skew: (ZipfFit & { readonly shareOfReads: number }) | null;
  readonly popularity: readonly PopularitySlice[];
};

/** What needs to know first how often each object is read. */
export async function readAgain(
  source: ReadsSource,
  { tally }: Pick<FirstPass, 'tally'>,
  { fromUs, toUs }: EventCounts,
): Promise<SecondPass> {
  const reads = tally.reads();
  const total = reads.reduce((sum, count) => sum + count, 0);
  const popularity = createPopularity(rankObjects(reads, 1, ranksMax), {
    objects: tally.objects(),
    span: { fromUs, toUs },
    slices: sliceCount,
  });
  const ranked = rankObjects(tally.rankingReads(), rankingReadsMin, ranksMax);
  /** By object: one more than its rank, from 1; 0: it has none. */
  const rankOf = new Uint32Array(tally.objects());
  for (const [rank, object] of ranked.entries()) rankOf[object] = rank + 1;
  const counts = new Uint32Array(ranked.length * blockCount);
  let readsBefore = 0;
  for await (const batch of source.batches()) {
    readsBefore = eachRead(batch, readsBefore, (row, place) => {
      const object = batch.object[row] ?? 0;
      popularity.add(object, batch.timeUs[row] ?? 0);
      const rank = rankOf[object] ?? 0;
      if (rank === 0 || isRanking(place)) return;
      const index = (rank - 1) * blockCount + Math.floor((place / total) * blockCount);
      counts[index] = (counts[index] ?? 0) + 1;
    });
  }
  const fit = fitZipf(counts, blockCount);
  const ofRanked = ranked.reduce((sum, object) => sum + (reads[object] ?? 0), 0);
  return {
    skew: fit === null ? null : { ...fit, shareOfReads: ofRanked / total },
    popularity: popularity.slices(),
  };
}
