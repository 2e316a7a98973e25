import type { DecodedArray } from 'hyparquet';
import { createClassTable, createEventBatch, requireSorted, shorten } from '../event-batch.ts';
import type { ClassTable, EventBatch } from '../event-batch.ts';
import { openRecordingFile } from '../parquet-file.ts';
import type { GroupColumns, RecordingFile } from '../parquet-file.ts';
import { int32Max, parquetColumns } from '../parquet-columns.ts';
import type { ParquetColumnName } from '../parquet-columns.ts';
import { copyInt32, copyInt64, copyInt64AsDouble, copyTexts } from '../parquet-values.ts';
import type { Refuse, Slice } from '../parquet-values.ts';
import { batchRowsMax, eventNames, outcomeNames } from '../recording.ts';
import { createComplaints } from '../recording-invalid.ts';
import type { Complaints } from '../recording-invalid.ts';
import type { RecordingFormat } from '../recording-format.ts';

const parquetMark = Buffer.from('PAR1');
const allColumns = parquetColumns.map(({ name }) => name);
const int16Max = 0x7fff;

const eventNumbers: ReadonlyMap<string, number> = new Map(eventNames.map((name, number) => [name, number]));
const outcomeNumbers: ReadonlyMap<string, number> = new Map(
  outcomeNames.map((name, number) => [name, number]),
);

/** What fills a batch from a piece of a row group. */
type Piece = {
  readonly sliceOf: (name: ParquetColumnName) => Slice;
  /** Complains of a value in a column. */
  readonly refusing: (name: ParquetColumnName, expected: string) => Refuse;
  /** The row of the file, counted from 1. */
  readonly placeOf: (row: number) => number;
};

function fill(batch: EventBatch, piece: Piece, classes: ClassTable): void {
  const { sliceOf, refusing, placeOf } = piece;
  const zeroOrMore = { min: 0, max: int32Max };
  copyInt64AsDouble(sliceOf('time_us'), batch.timeUs, 0, refusing('time_us', 'microseconds, 0 or more'));
  copyTexts(
    sliceOf('event'),
    batch.event,
    (text) => eventNumbers.get(text) ?? -1,
    refusing('event', eventNames.join(', ')),
  );
  copyInt64AsDouble(sliceOf('request'), batch.request, -1, refusing('request', 'a number, -1 or more'));
  copyTexts(
    sliceOf('class'),
    batch.class,
    (text, row) => classes.numberOf(text, placeOf(row)),
    refusing('class', 'a name'),
  );
  copyInt64(sliceOf('key'), batch.key, refusing('key', 'an int64'));
  copyInt32(sliceOf('bytes'), batch.bytes, zeroOrMore, refusing('bytes', 'bytes, 0 or more'));
  copyInt32(
    sliceOf('lifetime_ms'),
    batch.lifetimeMs,
    zeroOrMore,
    refusing('lifetime_ms', 'milliseconds, 0 or more'),
  );
  copyInt64(sliceOf('viewer'), batch.viewer, refusing('viewer', 'an int64'));
  copyInt32(
    sliceOf('replica'),
    batch.replica,
    { min: -1, max: int16Max },
    refusing('replica', `-1 to ${int16Max}`),
  );
  copyTexts(
    sliceOf('outcome'),
    batch.outcome,
    (text) => outcomeNumbers.get(text) ?? -1,
    refusing('outcome', outcomeNames.map((name) => `"${name}"`).join(', ')),
  );
}

/** One array of the chunks of a column; there is hardly ever more than one. */
function joined(columns: GroupColumns): ReadonlyMap<string, DecodedArray> {
  return new Map(
    [...columns].map(([name, chunks]) => {
      const [only, ...others] = chunks;
      const all: DecodedArray =
        others.length === 0 ? (only ?? []) : chunks.flatMap((chunk): unknown[] => [...chunk]);
      return [name, all];
    }),
  );
}

async function* batchesOf(
  { groups }: RecordingFile,
  classes: ClassTable,
  complaints: Complaints,
): AsyncGenerator<EventBatch> {
  const batch = createEventBatch();
  let previousUs = 0;
  for await (const { rowsBefore, rows, columns } of groups(allColumns)) {
    const arrays = joined(columns);
    for (let from = 0; from < rows; from += batchRowsMax) {
      batch.length = Math.min(batchRowsMax, rows - from);
      const piece = pieceOf(arrays, { from, length: batch.length, rowsBefore }, complaints);
      fill(batch, piece, classes);
      for (let row = 0; row < batch.length; row += 1) {
        const timeUs = batch.timeUs[row] ?? 0;
        if (timeUs < previousUs) requireSorted(timeUs, { previousUs, place: piece.placeOf(row) }, complaints);
        previousUs = timeUs;
      }
      yield batch;
    }
  }
}

function pieceOf(
  arrays: ReadonlyMap<string, DecodedArray>,
  at: { readonly from: number; readonly length: number; readonly rowsBefore: number },
  complaints: Complaints,
): Piece {
  const { from, length, rowsBefore } = at;
  const placeOf = (row: number): number => rowsBefore + from + row + 1;
  return {
    placeOf,
    refusing: (name, expected) => (row, value) => {
      throw complaints.at(placeOf(row), `its ${name} is ${textOf(value)}; expected is ${expected}.`);
    },
    sliceOf: (name) => {
      const values = arrays.get(name) ?? [];
      if (values.length < from + length)
        throw complaints.at(
          rowsBefore + values.length + 1,
          `it has no ${name}: the file is cut or damaged; all columns are expected to be of equal length.`,
        );
      return { values, from, length };
    },
  };
}

function textOf(value: unknown): string {
  if (value === null || value === undefined) return 'missing';
  return typeof value === 'string' ? `"${shorten(value)}"` : shorten(String(value as number | bigint));
}

/** What `darkroom record` writes. */
export const parquet: RecordingFormat = {
  name: 'parquet',
  summary: 'what darkroom record writes',
  isForeign: false,
  looksLike: (name, head) =>
    head.subarray(0, parquetMark.length).equals(parquetMark) || /\.parquet$/i.test(name),
  open: async (file, { classesMax }) => {
    const complaints = createComplaints(file, 'row');
    const classes = createClassTable(classesMax, complaints);
    const opened = await openRecordingFile(file, complaints);
    return {
      meta: opened.meta,
      classes: () => classes.names,
      batches: () => batchesOf(opened, classes, complaints),
    };
  },
};
