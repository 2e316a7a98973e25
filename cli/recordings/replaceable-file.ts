import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { metaKey } from './parquet-columns.ts';

const parquetMark = 'PAR1';
/** At the end of a Parquet file stands how long its metadata are, then the mark. */
const tailBytes = 8;
/** Metadata of a recording take a few hundred bytes for each row group. */
const metadataBytesMax = 16 * 1_048_576;

/**
 * Whether a new recording may take the place of a file: of an empty one, and of a whole recording. Any other
 * file belongs to somebody and was named by mistake.
 */
export function isReplaceable(file: string): boolean {
  const handle = openSync(file, 'r');
  try {
    const { size } = fstatSync(handle);
    if (size === 0) return true;
    if (size < 2 * tailBytes) return false;
    const tail = read(handle, size - tailBytes, tailBytes);
    const metadataBytes = tail.readUInt32LE(0);
    const begin = size - tailBytes - metadataBytes;
    if (tail.toString('latin1', 4) !== parquetMark || begin < 0 || metadataBytes > metadataBytesMax)
      return false;
    return read(handle, begin, metadataBytes).includes(metaKey);
  } finally {
    closeSync(handle);
  }
}

function read(handle: number, from: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  readSync(handle, bytes, 0, length, from);
  return bytes;
}
