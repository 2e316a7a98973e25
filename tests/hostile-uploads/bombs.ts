import { greyJpeg } from '../support/grey-jpeg.ts';
import {
  blackPng,
  jpegSegment,
  pngBegin,
  pngEnd,
  pngHead,
  pngChunk,
  textBomb,
  withChunks,
  withSegments,
} from './chunked-images.ts';
import type { Family } from './spoilt-images.ts';

/** Small files that take a multiple of their size, or of its time, to decode. Each takes some time to make, or to refuse. */
export const bombs: Family = ({ taken }) => [
  // The issue's own: 800 kB that decode to 805 MB.
  { name: 'a PNG of 16,383 × 16,383 colours', make: () => blackPng({ width: 16_383, height: 16_383 }) },
  {
    name: 'a grey PNG of 14,000 × 14,000',
    make: () => blackPng({ width: 14_000, height: 14_000, colours: 0 }),
  },
  {
    name: 'a grey interlaced PNG of 14,000 × 14,000',
    make: () => blackPng({ width: 14_000, height: 14_000, colours: 0, isInterlaced: true }),
  },
  {
    name: 'an interlaced PNG of 9,000 × 9,000 with 16 bits',
    make: () => blackPng({ width: 9_000, height: 9_000, colours: 6, depth: 16, isInterlaced: true }),
  },
  {
    name: 'a PNG of 1 bit, 14,000 × 14,000',
    make: () => blackPng({ width: 14_000, height: 14_000, colours: 0, depth: 1 }),
  },
  { name: 'a PNG of 200,000 × 900', make: () => blackPng({ width: 200_000, height: 900, colours: 0 }) },
  { name: 'a PNG of 3 × 3,000,000', make: () => blackPng({ width: 3, height: 3_000_000, colours: 0 }) },
  { name: 'a JPEG of 65,500 × 65,500', make: () => greyJpeg({ width: 65_500, height: 65_500 }) },
  {
    name: 'a progressive JPEG of 14,000 × 14,000',
    make: () => greyJpeg({ width: 14_000, height: 14_000, isProgressive: true }),
  },
  {
    name: 'a progressive JPEG of 9,000 × 9,000',
    make: () => greyJpeg({ width: 9_000, height: 9_000, isProgressive: true }),
  },
  { name: 'a JPEG of 65,500 × 16', make: () => greyJpeg({ width: 65_500, height: 16 }) },
  { name: 'a JPEG of 16 × 65,500', make: () => greyJpeg({ width: 16, height: 65_500 }) },
  {
    name: 'a text of 100 MB within a PNG',
    make: async () => withChunks(taken.png, await textBomb(100_000_000)),
  },
  {
    name: 'a PNG that says 65,535 × 65,535 and has nothing',
    make: () =>
      Buffer.concat([
        pngBegin,
        pngHead({ width: 65_535, height: 65_535 }),
        pngChunk('IDAT', Buffer.alloc(0)),
        pngEnd,
      ]),
  },
  {
    name: 'a progressive JPEG with a thousand scans',
    make: () => {
      const image = greyJpeg({ width: 4_000, height: 3_000, isProgressive: true });
      const scan = image.subarray(image.indexOf(Buffer.from([0xff, 0xda])), -2);
      const scans = Array.from({ length: 300 }, () => scan.subarray(0, 20_000));
      return Buffer.concat([image.subarray(0, -2), ...scans, image.subarray(-2)]);
    },
  },
  {
    name: 'a JPEG within the EXIF of a JPEG, again and again',
    make: () => {
      let nested: Buffer = taken.jpeg;
      for (let depth = 0; depth < 8; depth += 1)
        nested = withSegments(
          taken.jpeg,
          jpegSegment(0xe1, Buffer.concat([Buffer.from('Exif\0\0'), nested])),
        );
      return nested;
    },
  },
  { name: 'an AVIF that says 60,000 × 60,000', make: () => saysSize(taken.avif, 60_000, 60_000) },
  { name: 'an AVIF that says 8 × 8', make: () => saysSize(taken.avif, 8, 8) },
];

/** An AVIF with another size in its `ispe`, and the same image behind it. */
function saysSize(avif: Buffer, width: number, height: number): Buffer {
  const changed = Buffer.from(avif);
  const at = changed.indexOf('ispe');
  changed.writeUInt32BE(width, at + 8);
  changed.writeUInt32BE(height, at + 12);
  return changed;
}
