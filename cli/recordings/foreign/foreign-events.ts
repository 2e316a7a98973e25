import { createClassTable, createEventBatch, requireSorted } from '../event-batch.ts';
import type { EventBatch, EventsSource } from '../event-batch.ts';
import { batchRowsMax, recordingVersion, unknownReplica, unknownRequest } from '../recording.ts';
import type { Complaints } from '../recording-invalid.ts';

/** One line of a foreign format. `event` is a place in `eventNames`. */
export type ForeignEvent = {
  /** Its line, for messages. */
  readonly place: number;
  readonly timeUs: number;
  readonly event: number;
  readonly class: string;
  readonly key: bigint;
  readonly bytes: number;
  readonly lifetimeMs: number;
  readonly viewer: bigint;
};

/** What a foreign format calls the things that it has no kinds of. */
export const onlyClass = 'object';

const largest = { bytes: 0xffff_ffff, lifetimeMs: 0xffff_ffff };

/** The source of a foreign file, from its events in pieces, which come in the order of their times. */
export function createForeignSource(
  name: string,
  parts: {
    readonly complaints: Complaints;
    readonly classesMax: number;
    readonly events: () => AsyncIterable<readonly ForeignEvent[]>;
  },
): EventsSource {
  const { complaints, classesMax, events } = parts;
  const classes = createClassTable(classesMax, complaints);
  return {
    meta: { version: recordingVersion, source: name, identifiers: 'hashed' },
    classes: () => classes.names,
    async *batches() {
      const batch = createEventBatch();
      let previousUs = -Infinity;
      for await (const piece of events()) {
        for (const event of piece) {
          requireSorted(event.timeUs, { previousUs, place: event.place }, complaints);
          previousUs = event.timeUs;
          append(batch, event, classes.numberOf(event.class, event.place));
          if (batch.length < batchRowsMax) continue;
          yield batch;
          batch.length = 0;
        }
      }
      if (batch.length > 0) yield batch;
    },
  };
}

function append(batch: EventBatch, event: ForeignEvent, classNumber: number): void {
  const row = batch.length;
  batch.timeUs[row] = event.timeUs;
  batch.event[row] = event.event;
  batch.request[row] = unknownRequest;
  batch.class[row] = classNumber;
  batch.key[row] = event.key;
  batch.bytes[row] = Math.min(event.bytes, largest.bytes);
  batch.lifetimeMs[row] = Math.min(event.lifetimeMs, largest.lifetimeMs);
  batch.viewer[row] = event.viewer;
  batch.replica[row] = unknownReplica;
  batch.outcome[row] = 0;
  batch.length += 1;
}
