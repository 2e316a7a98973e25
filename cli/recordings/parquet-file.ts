import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import { parquetMetadataAsync, parquetRead } from 'hyparquet';
import type { AsyncBuffer, Compressors, DecodedArray, FileMetaData } from 'hyparquet';
import { followerDistributions } from '../../loadtests/workloads/population-size.ts';
import { recordingVersion } from './recording.ts';
import type { RecordingMeta } from './recording.ts';
import { metaKey, parquetColumns } from './parquet-columns.ts';
import type { ParquetColumnName } from './parquet-columns.ts';
import type { Complaints } from './recording-invalid.ts';

/** Rows of a group, which is read as a whole; others may write larger ones than we do. */
const groupRowsMax = 1 << 20;

/** We write ZSTD; somebody who has worked on a recording with other programs may write another one. */
const compressors: Compressors = {
  ZSTD: (bytes) => zstdDecompressSync(bytes),
  GZIP: (bytes) => gunzipSync(bytes),
  BROTLI: (bytes) => brotliDecompressSync(bytes),
};

/** The columns of one row group. */
export type GroupColumns = ReadonlyMap<string, readonly DecodedArray[]>;

export type RecordingFile = {
  readonly meta: RecordingMeta;
  /** Row groups in their order, each with the number of the rows before it. */
  readonly groups: (
    columns: readonly ParquetColumnName[],
  ) => AsyncGenerator<{ readonly rowsBefore: number; readonly rows: number; readonly columns: GroupColumns }>;
};

/** Looks at the end of the file, where Parquet says what is in it, and whether these are the columns of a recording. */
export async function openRecordingFile(file: string, complaints: Complaints): Promise<RecordingFile> {
  const metadata = await withFile(file, complaints, (buffer) => readMetadata(buffer, complaints));
  requireColumns(metadata, complaints);
  const meta = parseMeta(metadata, complaints);
  return { meta, groups: (columns) => readGroups(file, { metadata, columns, complaints }) };
}

async function withFile<T>(
  file: string,
  complaints: Complaints,
  work: (buffer: AsyncBuffer) => Promise<T>,
): Promise<T> {
  let handle: FileHandle;
  try {
    handle = await open(file);
  } catch (cause) {
    throw complaints.ofFile(`it cannot be read: ${messageOf(cause)}`, { cause });
  }
  try {
    return await work(await bufferOf(handle));
  } finally {
    await handle.close();
  }
}

async function bufferOf(handle: FileHandle): Promise<AsyncBuffer> {
  const { size } = await handle.stat();
  const read = async (start: number, end: number): Promise<ArrayBuffer> => {
    if (!(start >= 0 && end >= start && end <= size))
      throw new RangeError(`bytes ${start} to ${end} of ${size} are named`);
    const bytes = new Uint8Array(end - start);
    const { bytesRead } = await handle.read(bytes, 0, bytes.length, start);
    return bytes.buffer.slice(0, bytesRead);
  };
  return {
    byteLength: size,
    slice(start, end = size) {
      const bytes = read(start, end);
      // The library asks for several pieces at once, and looks at none of the others when one fails.
      bytes.catch(() => {});
      return bytes;
    },
  };
}

async function readMetadata(buffer: AsyncBuffer, complaints: Complaints): Promise<FileMetaData> {
  try {
    return await parquetMetadataAsync(buffer);
  } catch (cause) {
    throw complaints.ofFile(
      `its end is not that of a Parquet file (${messageOf(cause)}): it is cut, or is none. A recording of darkroom record is expected.`,
      { cause },
    );
  }
}

function requireColumns({ schema }: FileMetaData, complaints: Complaints): void {
  const found = new Map(schema.slice(1).map(({ name, type }) => [name, type] as const));
  const wrong = parquetColumns.filter(({ name, type }) => found.get(name) !== type);
  const [first] = wrong;
  if (first === undefined) return;
  const has = found.has(first.name)
    ? `column ${first.name} is ${found.get(first.name)}`
    : `it has no column ${first.name}`;
  throw complaints.ofFile(
    `${has}; expected are ${parquetColumns.map(({ name, type }) => `${name} ${type}`).join(', ')}.`,
  );
}

function parseMeta({ key_value_metadata: pairs }: FileMetaData, complaints: Complaints): RecordingMeta {
  const text = pairs?.find(({ key }) => key === metaKey)?.value;
  if (text === undefined)
    throw complaints.ofFile(`its metadata have no "${metaKey}", which says what a recording is of.`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw complaints.ofFile(`"${metaKey}" of its metadata is no JSON.`, { cause });
  }
  if (!isMeta(value))
    throw complaints.ofFile(
      `"${metaKey}" of its metadata is not what version ${recordingVersion} of recordings says there: version, source, identifiers, and numbers of people (20 or more), photos (20 or more), replicas and a seed where they are known.`,
    );
  return value;
}

/** Of what a database was seeded with, and of the service: as the commands that record take them. */
const numbersOfMeta: Readonly<Record<string, readonly [least: number, most: number]>> = {
  seed: [0, 0xffffffff],
  people: [20, 1_000_000],
  photos: [20, 10_000_000],
  replicas: [1, 64],
};

const isWithin = (value: unknown, [least, most]: readonly [number, number]): boolean =>
  value === undefined ||
  (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most);

function isMeta(value: unknown): value is RecordingMeta {
  if (typeof value !== 'object' || value === null) return false;
  const { version, source, identifiers, ...others } = value as Record<string, unknown>;
  const areNumbers = Object.entries(numbersOfMeta).every(([name, bounds]) => isWithin(others[name], bounds));
  const areTexts = ['candidate', 'cut'].every((name) =>
    ['undefined', 'string'].includes(typeof others[name]),
  );
  const { followers } = others;
  return (
    version === recordingVersion &&
    typeof source === 'string' &&
    (identifiers === 'hashed' || identifiers === 'plain') &&
    (followers === undefined || followerDistributions.some((one) => one === followers)) &&
    areNumbers &&
    areTexts
  );
}

type Wanted = {
  readonly metadata: FileMetaData;
  readonly columns: readonly ParquetColumnName[];
  readonly complaints: Complaints;
};

async function* readGroups(file: string, { metadata, columns, complaints }: Wanted) {
  const handle = await open(file);
  try {
    const buffer = await bufferOf(handle);
    let rowsBefore = 0;
    for (const group of metadata.row_groups) {
      const rows = Number(group.num_rows);
      if (rows > groupRowsMax)
        throw complaints.at(
          rowsBefore + 1,
          `a row group of ${rows} rows begins; at most ${groupRowsMax} are expected, which are read at once.`,
        );
      // The file is read as if it had this group only, so that what is held in memory is bounded by the
      // group.
      const only = { ...metadata, row_groups: [group], num_rows: group.num_rows };
      yield {
        rowsBefore,
        rows,
        columns: await readGroup(buffer, { metadata: only, columns }, rowsBefore, complaints),
      };
      rowsBefore += rows;
    }
  } finally {
    await handle.close();
  }
}

async function readGroup(
  file: AsyncBuffer,
  { metadata, columns }: Omit<Wanted, 'complaints'>,
  rowsBefore: number,
  complaints: Complaints,
): Promise<GroupColumns> {
  const found = new Map<string, DecodedArray[]>();
  try {
    await parquetRead({
      file,
      metadata,
      columns: [...columns],
      compressors,
      onChunk: ({ columnName, columnData }) => {
        const chunks = found.get(columnName) ?? [];
        chunks.push(columnData);
        found.set(columnName, chunks);
      },
    });
  } catch (cause) {
    throw complaints.at(
      rowsBefore + 1,
      `the row group that begins there cannot be read (${messageOf(cause)}): the file is cut or damaged.`,
    );
  }
  return found;
}

const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));
