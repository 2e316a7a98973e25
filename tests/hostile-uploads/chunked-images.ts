import { crc32, createDeflate, deflateSync } from 'node:zlib';

/** A chunk of a PNG. */
export function pngChunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}

export const pngBegin = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
export const pngEnd = pngChunk('IEND', Buffer.alloc(0));

export type PngHead = {
  readonly width: number;
  readonly height: number;
  readonly depth?: number;
  /** 0 grey, 2 colours, 6 colours with transparency. */
  readonly colours?: number;
  readonly isInterlaced?: boolean;
};

export function pngHead({ width, height, depth = 8, colours = 2, isInterlaced = false }: PngHead): Buffer {
  const data = Buffer.alloc(13);
  data.writeUInt32BE(width, 0);
  data.writeUInt32BE(height, 4);
  data.set([depth, colours, 0, 0, isInterlaced ? 1 : 0], 8);
  return pngChunk('IHDR', data);
}

const samplesOf: Readonly<Record<number, number>> = { 0: 1, 2: 3, 6: 4 };

/** The passes of an interlaced PNG: where each begins, and how far its pixels are apart. */
const passes = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;

/** What all rows take before they are deflated, a byte before each included. */
function rowBytesOf({ width, height, depth = 8, colours = 2, isInterlaced = false }: PngHead): number {
  const bits = depth * (samplesOf[colours] ?? 1);
  return (isInterlaced ? passes : [[0, 0, 1, 1] as const]).reduce((sum, [x, y, dx, dy]) => {
    const [wide, high] = [Math.ceil((width - x) / dx), Math.ceil((height - y) / dy)];
    return sum + (wide > 0 ? high * (1 + Math.ceil((wide * bits) / 8)) : 0);
  }, 0);
}

/** A black PNG of any size: a thousandth of what it takes to decode. */
export async function blackPng(head: PngHead): Promise<Buffer> {
  const data = await deflateZeros(rowBytesOf(head));
  return Buffer.concat([pngBegin, pngHead(head), pngChunk('IDAT', data), pngEnd]);
}

const pieceBytes = 8 * 1024 * 1024;

/** So many zeros, deflated, without ever having them all. */
async function deflateZeros(count: number): Promise<Buffer> {
  const deflate = createDeflate();
  const written = (async () => {
    const piece = Buffer.alloc(pieceBytes);
    for (let left = count; left > 0; left -= pieceBytes)
      if (!deflate.write(piece.subarray(0, Math.min(left, pieceBytes))))
        await new Promise((resolve) => deflate.once('drain', resolve));
    deflate.end();
  })();
  const chunks: Buffer[] = [];
  for await (const chunk of deflate) chunks.push(chunk as Buffer);
  await written;
  return Buffer.concat(chunks);
}

/** A text chunk whose text is compressed: a thousandth of what it takes. */
export async function textBomb(bytes: number): Promise<Buffer> {
  return pngChunk('zTXt', Buffer.concat([Buffer.from('Comment\0\0', 'latin1'), await deflateZeros(bytes)]));
}

/** An animated PNG whose frames are said to be many and large. */
export function animatedPng(width: number, height: number, frames: number): Buffer {
  const control = Buffer.alloc(8);
  control.writeUInt32BE(frames);
  const rows = deflateSync(Buffer.alloc((1 + width * 3) * height));
  const frame = (index: number): Buffer => {
    const data = Buffer.alloc(26);
    data.writeUInt32BE(index);
    data.writeUInt32BE(width, 4);
    data.writeUInt32BE(height, 8);
    data.writeUInt16BE(1, 20);
    data.writeUInt16BE(1, 22);
    return pngChunk('fcTL', data);
  };
  const further = Array.from({ length: Math.min(frames, 200) }, (_, index) => [
    frame(2 * index + 1),
    pngChunk('fdAT', Buffer.concat([Buffer.from([0, 0, 0, 0]), rows])),
  ]);
  return Buffer.concat([
    pngBegin,
    pngHead({ width, height }),
    pngChunk('acTL', control),
    frame(0),
    pngChunk('IDAT', rows),
    ...further.flat(),
    pngEnd,
  ]);
}

/** A segment of a JPEG. */
export function jpegSegment(marker: number, data: Buffer): Buffer {
  const head = Buffer.from([0xff, marker, 0, 0]);
  head.writeUInt16BE(Math.min(data.length + 2, 0xffff), 2);
  return Buffer.concat([head, data]);
}

/** A JPEG with segments put behind its begin. */
export const withSegments = (jpeg: Buffer, ...segments: readonly Buffer[]): Buffer =>
  Buffer.concat([jpeg.subarray(0, 2), ...segments, jpeg.subarray(2)]);

/** A PNG with chunks put behind its head. */
export const withChunks = (png: Buffer, ...chunks: readonly Buffer[]): Buffer =>
  Buffer.concat([png.subarray(0, 33), ...chunks, png.subarray(33)]);

/** EXIF that says these things: each a tag, its type, its count and its value or offset. */
export function exifSegment(
  entries: readonly (readonly [number, number, number, number])[],
  next = 0,
): Buffer {
  const tiff = Buffer.alloc(8 + 2 + 12 * entries.length + 4);
  tiff.write('MM\0*', 0, 'latin1');
  tiff.writeUInt32BE(8, 4);
  tiff.writeUInt16BE(entries.length, 8);
  entries.forEach(([tag, type, count, value], index) => {
    const at = 10 + 12 * index;
    tiff.writeUInt16BE(tag, at);
    tiff.writeUInt16BE(type, at + 2);
    tiff.writeUInt32BE(count, at + 4);
    // A short stands in the first half of its field.
    if (type === 3 && count === 1) tiff.writeUInt16BE(value & 0xffff, at + 8);
    else tiff.writeUInt32BE(value >>> 0, at + 8);
  });
  tiff.writeUInt32BE(next, tiff.length - 4);
  return jpegSegment(0xe1, Buffer.concat([Buffer.from('Exif\0\0', 'latin1'), tiff]));
}
