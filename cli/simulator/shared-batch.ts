import { batchRowsMax } from '../recordings/recording.ts';
import type { Reads } from '../recordings/recording.ts';

const bytesPerRow = 8 + 4 + 4 + 4 + 2 + 2 + 1;

/** Memory that all threads see, for one batch. */
export const createSharedBuffer = (): SharedArrayBuffer => new SharedArrayBuffer(batchRowsMax * bytesPerRow);

type Columns = Omit<Reads, 'length'>;

/** Views of its columns, the widest first, so that each begins where its numbers may. */
export function columnsIn(buffer: SharedArrayBuffer): Columns {
  const rows = batchRowsMax;
  return {
    timeUs: new Float64Array(buffer, 0, rows),
    object: new Uint32Array(buffer, rows * 8, rows),
    bytes: new Uint32Array(buffer, rows * 12, rows),
    lifetimeMs: new Uint32Array(buffer, rows * 16, rows),
    class: new Uint16Array(buffer, rows * 20, rows),
    replica: new Int16Array(buffer, rows * 22, rows),
    event: new Uint8Array(buffer, rows * 24, rows),
  };
}

/** Copies a batch into a shared one. */
export function shareReads(reads: Reads, into: Columns): void {
  if (reads.length > batchRowsMax)
    throw new RangeError(`A batch of ${reads.length} events; at most ${batchRowsMax} are expected.`);
  into.timeUs.set(reads.timeUs.subarray(0, reads.length));
  into.object.set(reads.object.subarray(0, reads.length));
  into.bytes.set(reads.bytes.subarray(0, reads.length));
  into.lifetimeMs.set(reads.lifetimeMs.subarray(0, reads.length));
  into.class.set(reads.class.subarray(0, reads.length));
  into.replica.set(reads.replica.subarray(0, reads.length));
  into.event.set(reads.event.subarray(0, reads.length));
}
