import { createClassTable, createEventBatch, highHalf, lowHalf, requireSorted } from '../event-batch.ts';
import type { EventBatch } from '../event-batch.ts';
import { readBytes } from '../file-bytes.ts';
import { onlyClass } from '../foreign/foreign-events.ts';
import { batchRowsMax, eventNames, recordingVersion, unknownReplica, unknownRequest } from '../recording.ts';
import { createComplaints } from '../recording-invalid.ts';
import type { Complaints } from '../recording-invalid.ts';
import type { RecordingFormat } from '../recording-format.ts';

/** uint32 seconds, uint64 object, uint32 bytes, int64 when the object is asked for next; little-endian, without gaps. */
const recordBytes = 24;
const read = eventNames.indexOf('read');

/** A batch of which only time, key and bytes differ from row to row. */
function createReadsBatch(): EventBatch {
  const batch = createEventBatch();
  batch.event.fill(read);
  batch.request.fill(unknownRequest);
  batch.replica.fill(unknownReplica);
  return batch;
}

/** How many records were read, and when the last one was. */
type Progress = { place: number; previousUs: number };

/**
 * Puts the records from an offset on into a batch, until one of the two is at its end, and says where the next one begins. Keys are
 * copied by halves, and nothing is made for a record: a bigint of each would take longer than all else.
 */
function appendRecords(
  batch: EventBatch,
  { piece, from, progress }: { readonly piece: DataView; readonly from: number; readonly progress: Progress },
  complaints: Complaints,
): number {
  const keyHalves = new Uint32Array(batch.key.buffer);
  let offset = from;
  for (; offset < piece.byteLength && batch.length < batchRowsMax; offset += recordBytes) {
    const row = batch.length;
    const timeUs = piece.getUint32(offset, true) * 1e6;
    progress.place += 1;
    if (timeUs < progress.previousUs) requireSorted(timeUs, progress, complaints);
    progress.previousUs = timeUs;
    const bytes = piece.getUint32(offset + 12, true);
    if (bytes === 0)
      throw complaints.at(
        progress.place,
        'its size is 0; the size of the object, 1 byte or more, is expected.',
      );
    batch.timeUs[row] = timeUs;
    keyHalves[row * 2 + lowHalf] = piece.getUint32(offset + 4, true);
    keyHalves[row * 2 + highHalf] = piece.getUint32(offset + 8, true);
    batch.bytes[row] = bytes;
    batch.length += 1;
  }
  return offset;
}

/** Whole records of `rest` and `piece`, and a copy of what is left. */
function cutRecords(rest: Buffer, piece: Buffer): { readonly whole: Buffer; readonly left: Buffer } {
  const joined = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
  const end = joined.length - (joined.length % recordBytes);
  return { whole: joined.subarray(0, end), left: Buffer.from(joined.subarray(end)) };
}

async function* batchesOf(file: string, complaints: Complaints): AsyncGenerator<EventBatch> {
  const batch = createReadsBatch();
  const progress: Progress = { place: 0, previousUs: 0 };
  let rest: Buffer = Buffer.alloc(0);
  for await (const bytes of readBytes(file)) {
    const { whole, left } = cutRecords(rest, bytes);
    rest = left;
    const piece = new DataView(whole.buffer, whole.byteOffset, whole.length);
    for (let from = 0; from < whole.length;) {
      from = appendRecords(batch, { piece, from, progress }, complaints);
      if (batch.length < batchRowsMax) continue;
      yield batch;
      batch.length = 0;
    }
  }
  if (rest.length > 0)
    throw complaints.at(
      progress.place + 1,
      `the file is cut: ${rest.length} bytes are left; records of ${recordBytes} bytes are expected.`,
    );
  if (batch.length > 0) yield batch;
}

/**
 * The binary format of libCacheSim's public traces (Yang, Qiu and Rashmi, https://github.com/1a1a11a/libCacheSim). It has whole
 * seconds and no writes, classes or viewers.
 */
export const oracleGeneral: RecordingFormat = {
  name: 'oracle-general',
  summary: 'oracleGeneral of libCacheSim: reads with their sizes, in whole seconds',
  isForeign: true,
  looksLike: (name) => /\.oracleGeneral(\.bin)?$/i.test(name) || /\.bin$/i.test(name),
  open: async (file, { classesMax }) => {
    const complaints = createComplaints(file, 'record');
    const classes = createClassTable(classesMax, complaints);
    classes.numberOf(onlyClass, 1);
    return {
      meta: { version: recordingVersion, source: 'oracle-general', identifiers: 'hashed' },
      classes: () => classes.names,
      batches: () => batchesOf(file, complaints),
    };
  },
};
