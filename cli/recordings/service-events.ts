import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { eventRecordBytes, readEventRecord } from '../../app/contract/recorded-event.ts';
import type { ServiceEvent } from '../../app/contract/recorded-event.ts';
import { CommandError } from '../errors.ts';

/** Read at once. */
const pieceRecords = 4_096;

/** What one process of the service has written down. */
export type ServiceEvents = {
  /** In the order in which they were written. */
  readonly pieces: () => AsyncGenerator<readonly ServiceEvent[]>;
  /** Whether all of it is there; it reached a bound; or nobody knows what is missing, since it was killed or its disk has failed. */
  readonly end: 'closed' | 'full' | 'lost';
};

/** A process that was killed may leave a part of a record at the end, which is left out. */
export async function openServiceEvents(file: string): Promise<ServiceEvents> {
  const handle = await open(file);
  try {
    const records = Math.floor((await handle.stat()).size / eventRecordBytes);
    const last = records === 0 ? null : await readRecords(handle, records - 1, 1);
    const type = last === null ? null : readEventRecord(last, 0, new Map())?.type;
    return {
      end: type === 'full' || type === 'closed' ? type : 'lost',
      pieces: () => readPieces(file, records),
    };
  } finally {
    await handle.close();
  }
}

async function* readPieces(file: string, records: number): AsyncGenerator<readonly ServiceEvent[]> {
  const handle = await open(file);
  const names = new Map<number, string>();
  try {
    for (let from = 0; from < records; from += pieceRecords) {
      const count = Math.min(pieceRecords, records - from);
      const view = await readRecords(handle, from, count);
      const events: ServiceEvent[] = [];
      for (let index = 0; index < count; index += 1) {
        const record = readEventRecord(view, index * eventRecordBytes, names);
        if (record === null)
          throw new CommandError(
            'internal',
            `${file}, record ${from + index + 1}: it is no record of an event`,
          );
        if (record.type === 'event') events.push(record.event);
      }
      yield events;
    }
  } finally {
    await handle.close();
  }
}

async function readRecords(handle: FileHandle, from: number, count: number): Promise<DataView> {
  const bytes = new Uint8Array(count * eventRecordBytes);
  await handle.read(bytes, 0, bytes.length, from * eventRecordBytes);
  return new DataView(bytes.buffer);
}
