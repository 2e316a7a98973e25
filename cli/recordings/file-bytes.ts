import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { pipeline } from 'node:stream';
import type { Readable, Transform } from 'node:stream';
import { RecordingInvalid } from './recording-invalid.ts';

const zstdMark = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);
const gzipMark = Buffer.from([0x1f, 0x8b]);
/** What is looked at to tell a format. */
const headBytes = 16_384;
/** What is read at once. */
const pieceBytes = 65_536;

/** The first bytes of a file, unpacked where it is packed. */
export async function readHead(file: string): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of readBytes(file)) {
    pieces.push(Buffer.from(piece));
    length += piece.length;
    if (length >= headBytes) break;
  }
  return Buffer.concat(pieces).subarray(0, headBytes);
}

/** The bytes of a file in pieces, unpacked where it is packed (zstd, gzip). A piece is only valid until the next one is asked for. */
export async function* readBytes(file: string): AsyncGenerator<Buffer> {
  const unpack = await unpackerOf(file);
  try {
    yield* unpack === null ? readPlain(file) : readPacked(file, unpack);
  } catch (cause) {
    throw explain(file, cause);
  }
}

/** Into the same memory again and again: pieces of their own would be garbage sooner than it is collected. */
async function* readPlain(file: string): AsyncGenerator<Buffer> {
  const piece = Buffer.allocUnsafeSlow(pieceBytes);
  const handle = await open(file);
  try {
    for (;;) {
      const { bytesRead } = await handle.read(piece, 0, pieceBytes, null);
      if (bytesRead === 0) return;
      yield piece.subarray(0, bytesRead);
    }
  } finally {
    await handle.close();
  }
}

async function* readPacked(file: string, unpack: Transform): AsyncGenerator<Buffer> {
  const bytes = createReadStream(file);
  // An error of either stream reaches whoever reads `stream`; the callback has nothing to do.
  const stream: Readable = pipeline(bytes, unpack, () => {});
  try {
    for await (const piece of stream) yield piece as Buffer;
  } finally {
    stream.destroy();
    bytes.destroy();
  }
}

async function unpackerOf(file: string) {
  let handle;
  try {
    handle = await open(file);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(zstdMark.length), 0, zstdMark.length, 0);
    const mark = buffer.subarray(0, bytesRead);
    if (mark.equals(zstdMark)) return createZstdDecompress();
    return mark.subarray(0, gzipMark.length).equals(gzipMark) ? createGunzip() : null;
  } catch (cause) {
    throw explain(file, cause);
  } finally {
    await handle?.close();
  }
}

function explain(file: string, cause: unknown): Error {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  if (code.startsWith('Z_') || code.startsWith('ZSTD_') || code.startsWith('ERR_ZSTD'))
    return new RecordingInvalid(`${file} cannot be unpacked: it is cut or damaged.`, { cause });
  return cannotBeRead(file, cause);
}

export function cannotBeRead(file: string, cause: unknown): RecordingInvalid {
  const message = cause instanceof Error ? cause.message : String(cause);
  return new RecordingInvalid(`${file} cannot be read: ${message}`, { cause });
}
