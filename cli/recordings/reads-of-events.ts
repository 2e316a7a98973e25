import type { EventBatch, EventsSource } from './event-batch.ts';
import { createObjectIndex } from './object-index.ts';
import type { ObjectIndex } from './object-index.ts';
import { batchRowsMax, createReads, eventNames, outcomeNames } from './recording.ts';
import type { Reads, ReadsSource } from './recording.ts';
import { RecordingInvalid } from './recording-invalid.ts';

const bypass = outcomeNames.indexOf('bypass');
const request = eventNames.indexOf('request');

export type ReadsOptions = {
  readonly file: string;
  readonly isForeign: boolean;
  readonly objectsMax: number;
};

/**
 * What a simulation needs of events: reads, writes and removals, with dense numbers for objects. Reads past the cache are left out:
 * no configuration of a cache could answer them.
 */
export function readsOfEvents(source: EventsSource, options: ReadsOptions): ReadsSource {
  const index = createObjectIndex(options.objectsMax);
  return {
    meta: source.meta,
    isForeign: options.isForeign,
    classes: source.classes,
    objects: index.size,
    ...(source.late !== undefined && { late: source.late }),
    async *batches() {
      const columns = createReads(batchRowsMax);
      let count = 0;
      for await (const batch of source.batches()) {
        const reads = takeReads(columns, batch, index, options);
        count += reads.length;
        if (reads.length > 0) yield reads;
      }
      if (count === 0)
        throw new RecordingInvalid(`${options.file} has no reads of caches, which are what is simulated.`);
    },
  };
}

/** Fills the columns with the reads of a batch, and cuts them to their number. */
function takeReads(reads: Reads, batch: EventBatch, index: ObjectIndex, options: ReadsOptions): Reads {
  const { event, outcome, timeUs, bytes, lifetimeMs, replica } = batch;
  const halves = new Uint32Array(batch.key.buffer, batch.key.byteOffset, batch.key.length * 2);
  let length = 0;
  for (let row = 0; row < batch.length; row += 1) {
    if (event[row] === request || outcome[row] === bypass) continue;
    const classNumber = batch.class[row] ?? 0;
    const object = index.numberOf(classNumber, halves[row * 2] ?? 0, halves[row * 2 + 1] ?? 0);
    if (object < 0) throw tooManyObjects(options);
    reads.timeUs[length] = timeUs[row] ?? 0;
    reads.object[length] = object;
    reads.event[length] = event[row] ?? 0;
    reads.class[length] = classNumber;
    reads.bytes[length] = bytes[row] ?? 0;
    reads.lifetimeMs[length] = lifetimeMs[row] ?? 0;
    reads.replica[length] = replica[row] ?? -1;
    length += 1;
  }
  return cutTo(reads, length);
}

function cutTo(reads: Reads, length: number): Reads {
  if (length === reads.length) return reads;
  return {
    length,
    timeUs: reads.timeUs.subarray(0, length),
    object: reads.object.subarray(0, length),
    event: reads.event.subarray(0, length),
    class: reads.class.subarray(0, length),
    bytes: reads.bytes.subarray(0, length),
    lifetimeMs: reads.lifetimeMs.subarray(0, length),
    replica: reads.replica.subarray(0, length),
  };
}

function tooManyObjects({ file, objectsMax }: ReadsOptions): RecordingInvalid {
  return new RecordingInvalid(`${file} has more than ${objectsMax} objects.`, {
    remedy: 'Each takes memory: --objects-max allows more, about 60 bytes each.',
  });
}
