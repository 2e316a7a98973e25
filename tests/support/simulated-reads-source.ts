import { createReads, eventNames, unknownReplica } from '../../cli/recordings/recording.ts';
import type { Reads, ReadsSource } from '../../cli/recordings/recording.ts';

/** An event as tests write it. */
export type PlainEvent = {
  readonly timeUs: number;
  readonly event: 'read' | 'write' | 'remove';
  readonly object: number;
  readonly class?: number;
  readonly bytes?: number;
  readonly lifetimeMs?: number;
  readonly replica?: number;
};

/** Columns of events. Objects have to be numbered by first appearance only where a test says so. */
export function readsOf(events: readonly PlainEvent[]): Reads {
  const reads = createReads(events.length);
  events.forEach((event, row) => {
    reads.timeUs[row] = event.timeUs;
    reads.object[row] = event.object;
    reads.event[row] = eventNames.indexOf(event.event);
    reads.class[row] = event.class ?? 0;
    reads.bytes[row] = event.bytes ?? 0;
    reads.lifetimeMs[row] = event.lifetimeMs ?? 0;
    reads.replica[row] = event.replica ?? unknownReplica;
  });
  return reads;
}

/** Plain reads of objects, one a millisecond. */
export function readsOfObjects(
  objects: readonly number[],
  bytesOf: (object: number) => number = () => 1,
): Reads {
  return readsOf(
    objects.map((object, index) => ({
      timeUs: index * 1_000,
      event: 'read',
      object,
      bytes: bytesOf(object),
    })),
  );
}

/** A recording in memory, in batches of at most so many events. */
export function sourceOf(
  reads: Reads,
  classes: readonly string[] = ['photo'],
  batchRows = 65_536,
): ReadsSource {
  const cut = (from: number): Reads => {
    const to = Math.min(from + batchRows, reads.length);
    return {
      length: to - from,
      timeUs: reads.timeUs.subarray(from, to),
      object: reads.object.subarray(from, to),
      event: reads.event.subarray(from, to),
      class: reads.class.subarray(from, to),
      bytes: reads.bytes.subarray(from, to),
      lifetimeMs: reads.lifetimeMs.subarray(from, to),
      replica: reads.replica.subarray(from, to),
    };
  };
  return {
    meta: { version: 1, source: 'a test', identifiers: 'plain' },
    isForeign: false,
    classes: () => classes,
    objects: () => new Set(reads.object).size,
    async *batches() {
      for (let from = 0; from < reads.length; from += batchRows) yield cut(from);
    },
  };
}
