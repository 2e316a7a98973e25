import type { Reads } from '../recordings/recording.ts';

/** What is known of each object, by its number. */
export type ObjectTally = {
  readonly objects: () => number;
  /** Counts a read. Returns how long ago the last one of the object was, in microseconds; null: it is the first. */
  readonly read: (object: number, timeUs: number, bytes: number) => number | null;
  readonly reads: () => Uint32Array;
  /**
   * By object: how many of its reads are in the half that ranks the objects. The other half is compared with
   * these ranks.
   */
  readonly rankingReads: () => Uint32Array;
  /** By object: the size that was seen last. */
  readonly bytes: () => Uint32Array;
};

const firstLength = 4_096;

type Columns = {
  readonly reads: Uint32Array;
  readonly ranking: Uint32Array;
  readonly bytes: Uint32Array;
  readonly lastUs: Float64Array;
};

const createColumns = (length: number): Columns => ({
  reads: new Uint32Array(length),
  ranking: new Uint32Array(length),
  bytes: new Uint32Array(length),
  lastUs: new Float64Array(length),
});

function widened(columns: Columns, length: number): Columns {
  const wider = createColumns(length);
  wider.reads.set(columns.reads);
  wider.ranking.set(columns.ranking);
  wider.bytes.set(columns.bytes);
  wider.lastUs.set(columns.lastUs);
  return wider;
}

/** Whether a read is of the half that ranks, by its place in the recording: the same in every pass. */
export function isRanking(place: number): boolean {
  let hash = Math.imul(place ^ (place >>> 16), 0x45d9f3b);
  hash = Math.imul(hash ^ (hash >>> 16), 0x45d9f3b);
  return ((hash ^ (hash >>> 16)) & 1) === 1;
}

export function createObjectTally(): ObjectTally {
  let columns = createColumns(firstLength);
  let objects = 0;
  let place = 0;
  return {
    objects: () => objects,
    read(object, timeUs, bytes) {
      if (object >= columns.reads.length) columns = widened(columns, 2 ** Math.ceil(Math.log2(object + 1)));
      objects = Math.max(objects, object + 1);
      const { reads, ranking, lastUs } = columns;
      const before = reads[object] ?? 0;
      const ageUs = before === 0 ? null : timeUs - (lastUs[object] ?? 0);
      reads[object] = before + 1;
      if (isRanking(place)) ranking[object] = (ranking[object] ?? 0) + 1;
      if (bytes > 0) columns.bytes[object] = bytes;
      lastUs[object] = timeUs;
      place += 1;
      return ageUs;
    },
    reads: () => columns.reads.subarray(0, objects),
    rankingReads: () => columns.ranking.subarray(0, objects),
    bytes: () => columns.bytes.subarray(0, objects),
  };
}

/** Objects by how often they were read by `counts`, the most read first; at most `most`, and none below `countMin`. */
export function rankObjects(counts: Uint32Array, countMin: number, most: number): Uint32Array {
  const often: number[] = [];
  for (const [object, count] of counts.entries()) if (count >= countMin) often.push(object);
  often.sort((one, other) => (counts[other] ?? 0) - (counts[one] ?? 0) || one - other);
  return Uint32Array.from(often.slice(0, most));
}

/** Tells each read in the order of the recording, with its place among the reads. Returns how many there were until its end. */
export function eachRead(
  { length, event }: Reads,
  readsBefore: number,
  visit: (row: number, place: number) => void,
): number {
  let place = readsBefore;
  for (let row = 0; row < length; row += 1) {
    if (event[row] !== 0) continue;
    visit(row, place);
    place += 1;
  }
  return place;
}
