import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { Writable } from 'node:stream';
import {
  eventRecordBytes,
  writeClosedRecord,
  writeEventRecord,
  writeFullRecord,
  writeNameRecord,
} from '../contract/recorded-event.ts';
import type { ServiceEvent } from '../contract/recorded-event.ts';

/** Where events are written to, bounded. */
export type EventFile = {
  readonly add: (event: ServiceEvent) => void;
  /** Resolves once what was added is in the file. */
  readonly close: () => Promise<void>;
};

export type EventFileOptions = {
  /** Null: events are made and thrown away, for a world that must pay what another one pays. */
  readonly file: string | null;
  readonly bytesMax: number;
  readonly onFailed: (error: unknown) => void;
};

/** Written at once; so much is lost when the process is killed. */
const chunkBytes = eventRecordBytes * 4_096;
/** What may wait for a slow disk; beyond it the file ends, as it does at its bound. */
const waitingBytesMax = 16 * chunkBytes;

export function createEventFile({ file, bytesMax, onFailed }: EventFileOptions): EventFile {
  const stream = file === null ? nowhere() : createWriteStream(file, { mode: 0o600, flags: 'wx' });
  const written = finished(stream);
  let hasFailed = false;
  written.catch((error: unknown) => {
    hasFailed = true;
    onFailed(error);
  });
  const names = new Map<string, number>();
  let chunk = new DataView(new ArrayBuffer(chunkBytes));
  let used = 0;
  let total = 0;
  let isFull = false;
  const flush = (): void => {
    stream.write(new Uint8Array(chunk.buffer, 0, used));
    // What was given to the stream is its own until it is written.
    chunk = new DataView(new ArrayBuffer(chunkBytes));
    used = 0;
  };
  /** Where the next record goes. */
  const next = (): number => {
    if (used === chunkBytes) flush();
    used += eventRecordBytes;
    total += eventRecordBytes;
    return used - eventRecordBytes;
  };
  const numberOf = (name: string): number => {
    const known = names.get(name);
    if (known !== undefined) return known;
    const added = names.size;
    names.set(name, added);
    writeNameRecord(chunkAt(next()), 0, name, added);
    return added;
  };
  const chunkAt = (offset: number): DataView => new DataView(chunk.buffer, offset, eventRecordBytes);
  return {
    add(event) {
      if (isFull || hasFailed) return;
      // An event, its name, and the record that says that it was the last.
      if (total + 3 * eventRecordBytes > bytesMax || stream.writableLength > waitingBytesMax) {
        isFull = true;
        writeFullRecord(chunkAt(next()), 0);
        return;
      }
      const number = numberOf(event.name);
      const offset = next();
      writeEventRecord(chunk, offset, event, number);
    },
    async close() {
      if (!isFull && !hasFailed) writeClosedRecord(chunkAt(next()), 0);
      flush();
      stream.end();
      await written.catch(() => {});
    },
  };
}

function nowhere(): Writable {
  return new Writable({
    write(_chunk, _encoding, done) {
      done();
    },
  });
}
