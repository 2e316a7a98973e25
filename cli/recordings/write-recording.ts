import { renameSync, rmSync } from 'node:fs';
import { zstdCompressSync } from 'node:zlib';
import { ParquetWriter, fileWriter } from 'hyparquet-writer';
import type { ColumnSource } from 'hyparquet-writer';
import { batchRowsMax } from './recording.ts';
import type { RecordedEvent, RecordingMeta } from './recording.ts';
import { int32Max, metaKey, parquetColumns } from './parquet-columns.ts';

export type RecordingWriter = {
  /** In the order of their times; throws a RangeError otherwise. */
  add(event: RecordedEvent): void;
  /** Only now is there a file of that name. */
  finish(): void;
  /** Removes what was written. */
  discard(): void;
};

type Rows = {
  length: number;
  readonly timeUs: BigInt64Array;
  readonly event: string[];
  readonly request: BigInt64Array;
  readonly class: string[];
  readonly key: BigInt64Array;
  readonly bytes: Int32Array;
  readonly lifetimeMs: Int32Array;
  readonly viewer: BigInt64Array;
  readonly replica: Int32Array;
  readonly outcome: string[];
};

const createRows = (rows: number): Rows => ({
  length: 0,
  timeUs: new BigInt64Array(rows),
  event: new Array<string>(rows).fill(''),
  request: new BigInt64Array(rows),
  class: new Array<string>(rows).fill(''),
  key: new BigInt64Array(rows),
  bytes: new Int32Array(rows),
  lifetimeMs: new Int32Array(rows),
  viewer: new BigInt64Array(rows),
  replica: new Int32Array(rows),
  outcome: new Array<string>(rows).fill(''),
});

const schema = [
  { name: 'root', num_children: parquetColumns.length },
  ...parquetColumns.map(({ name, type }) => ({
    name,
    type,
    repetition_type: 'REQUIRED' as const,
    ...(type === 'BYTE_ARRAY' && { converted_type: 'UTF8' as const }),
  })),
];

/** Writes a recording row group by row group: what is held in memory does not grow with the file. */
export function createRecordingWriter(file: string, meta: RecordingMeta): RecordingWriter {
  // Another command may be writing the same file.
  const unfinished = `${file}.unfinished-${process.pid}`;
  const discard = (): void => rmSync(unfinished, { force: true });
  // A process that exits before `finish` leaves no half of a file.
  process.once('exit', discard);
  const writer = new ParquetWriter({
    writer: fileWriter(unfinished),
    schema,
    codec: 'ZSTD',
    compressors: { ZSTD: (bytes) => zstdCompressSync(bytes) },
    statistics: false,
    kvMetadata: [{ key: metaKey, value: JSON.stringify(meta) }],
  });
  const rows = createRows(batchRowsMax);
  let previousUs = -Infinity;
  const writeRows = (): void => {
    if (rows.length === 0) return;
    requireDone(writer.write({ columnData: columnsOf(rows), rowGroupSize: batchRowsMax }));
    rows.length = 0;
  };
  return {
    add(event) {
      if (event.timeUs < previousUs)
        throw new RangeError(`an event of ${event.timeUs} µs after one of ${previousUs} µs`);
      previousUs = event.timeUs;
      append(rows, event);
      if (rows.length === batchRowsMax) writeRows();
    },
    finish() {
      writeRows();
      requireDone(writer.finish());
      renameSync(unfinished, file);
      process.off('exit', discard);
    },
    discard() {
      discard();
      process.off('exit', discard);
    },
  };
}

/** The library waits for writers that are asynchronous; that of files is not. */
function requireDone(result: void | Promise<void>): void {
  if (result !== undefined) throw new RangeError('the file is still being written');
}

function append(rows: Rows, event: RecordedEvent): void {
  const row = rows.length;
  rows.timeUs[row] = BigInt(Math.round(event.timeUs));
  rows.event[row] = event.event;
  rows.request[row] = BigInt(event.request);
  rows.class[row] = event.class;
  rows.key[row] = event.key;
  rows.bytes[row] = Math.min(event.bytes, int32Max);
  rows.lifetimeMs[row] = Math.min(event.lifetimeMs, int32Max);
  rows.viewer[row] = event.viewer;
  rows.replica[row] = event.replica;
  rows.outcome[row] = event.outcome;
  rows.length += 1;
}

function columnsOf(rows: Rows): ColumnSource[] {
  const { length } = rows;
  return [
    {
      name: 'time_us',
      data: rows.timeUs.subarray(0, length),
      encoding: 'DELTA_BINARY_PACKED',
      statistics: true,
    },
    { name: 'event', data: rows.event.slice(0, length) },
    { name: 'request', data: rows.request.subarray(0, length), encoding: 'DELTA_BINARY_PACKED' },
    { name: 'class', data: rows.class.slice(0, length) },
    { name: 'key', data: rows.key.subarray(0, length) },
    { name: 'bytes', data: rows.bytes.subarray(0, length) },
    { name: 'lifetime_ms', data: rows.lifetimeMs.subarray(0, length) },
    { name: 'viewer', data: rows.viewer.subarray(0, length) },
    { name: 'replica', data: rows.replica.subarray(0, length) },
    { name: 'outcome', data: rows.outcome.slice(0, length) },
  ];
}
