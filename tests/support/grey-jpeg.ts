/** What a grey JPEG is like. Its chroma is halved in both directions (4:2:0), as cameras do. */
export type GreyJpeg = { readonly width: number; readonly height: number; readonly isProgressive?: boolean };

const segment = (marker: number, bytes: readonly number[]): Buffer =>
  Buffer.from([0xff, marker, (bytes.length + 2) >> 8, (bytes.length + 2) & 0xff, ...bytes]);
const word = (value: number): number[] => [value >> 8, value & 0xff];

/** A Huffman table whose only code is one bit, 0: no difference to the block before, or the end of the block. */
const oneCode = (id: number): number[] => [id, 1, ...Array<number>(15).fill(0), 0];
const componentIds = [1, 2, 3];
const markers = { startOfImage: 0xd8, endOfImage: 0xd9, baseline: 0xc0, progressive: 0xc2 };

/**
 * A JPEG of any size, made in no time and small: every block is grey, so that all its data are bits of zero. A progressive one
 * has a single scan, of which no decoder knows before its end that no other follows.
 */
export function greyJpeg({ width, height, isProgressive = false }: GreyJpeg): Buffer {
  const blocks = Math.ceil(width / 16) * Math.ceil(height / 16) * 6;
  const bitsPerBlock = isProgressive ? 1 : 2;
  const frame = isProgressive ? markers.progressive : markers.baseline;
  return Buffer.concat([
    Buffer.from([0xff, markers.startOfImage]),
    segment(0xdb, [0, ...Array<number>(64).fill(1)]),
    segment(frame, [
      8,
      ...word(height),
      ...word(width),
      3,
      ...componentIds.flatMap((id) => [id, id === 1 ? 0x22 : 0x11, 0]),
    ]),
    segment(0xc4, oneCode(0x00)),
    segment(0xc4, oneCode(0x10)),
    segment(0xda, [3, ...componentIds.flatMap((id) => [id, 0]), 0, isProgressive ? 0 : 63, 0]),
    Buffer.alloc(Math.ceil((blocks * bitsPerBlock) / 8)),
    Buffer.from([0xff, markers.endOfImage]),
  ]);
}
