import type { Metadata } from 'sharp';
import type { PhotoFormat } from './photo-format.ts';

/** The largest sensors of telephones have 16,384 × 12,288. More is none of their photos, and takes seconds of a CPU. */
export const pixelsMax = 200 * 1024 * 1024;

/** What any decode takes beside what its format keeps whole: rows of pixels, the scaled image, renditions, the heap of a thread. */
const workingBytes = 24 * 1024 * 1024;
const bytesPerCoefficient = 2;
/** Of an image that is read row by row, about so many rows of samples are in memory at once while it is scaled down. */
const rowsHeld = 2_048;

/** Samples per pixel, by how the chroma is subsampled. */
const samplesPerPixel: Readonly<Record<string, number>> = {
  '4:0:0': 1,
  '4:2:0': 1.5,
  '4:1:1': 1.5,
  '4:2:2': 2,
  '4:4:0': 2,
};

/** Of the head of a photo, what decides over the memory that decoding takes. */
export type PhotoHead = Pick<
  Metadata,
  'width' | 'height' | 'channels' | 'depth' | 'isProgressive' | 'chromaSubsampling' | 'pages'
>;

const bytesPerSample = ({ depth }: PhotoHead) => (depth === 'ushort' ? 2 : 1);

/**
 * Bytes per pixel that a format keeps in memory until the whole image is decoded; 0 where it is read row by row and scaled down
 * meanwhile, so that its size hardly counts.
 */
const wholeBytesPerPixel: Readonly<Record<PhotoFormat, (head: PhotoHead, upload: Buffer) => number>> = {
  // With several scans (progressive), the coefficients of all pixels stay in memory until the last of them.
  jpeg: (head) =>
    head.isProgressive
      ? (samplesPerPixel[head.chromaSubsampling ?? ''] ?? head.channels) * bytesPerCoefficient
      : 0,
  // Interlaced rows come in seven passes over the whole image.
  png: (head) => (head.isProgressive ? head.channels * bytesPerSample(head) : 0),
  // Without VP8X around it, a lossy image is scaled down as it is read; all others are whole, and frames of animations are thrice.
  webp: (head, upload) => (isPlainLossy(upload) ? 0 : (head.pages ?? 1) > 1 ? 16 : 5),
  // The coder's own planes, those that it shows and the colours made of them.
  avif: (head) => (bytesPerSample(head) === 2 ? 27 : 19),
};

const isPlainLossy = (upload: Buffer): boolean => upload.toString('latin1', 12, 16) === 'VP8 ';

/**
 * Bytes that decoding a photo will take beside the upload itself, from its head. Measured with libvips 8.18 as the rise of a process,
 * for 48 million pixels: JPEG 10 MiB, progressive 148 (4:2:0), 285 (4:4:4), 381 (CMYK); PNG 36, interlaced 152, with 16 bits 40 and
 * 274; WebP 14, lossless 172; AVIF 844. `decode-memory.test.ts` measures anew.
 */
export function decodeBytesOf(format: PhotoFormat, head: PhotoHead, upload: Buffer): number {
  const whole = head.width * head.height * wholeBytesPerPixel[format](head, upload);
  // All others are scaled down by their decoder.
  const rows = format === 'png' ? head.width * head.channels * rowsHeld : 0;
  return workingBytes + Math.ceil(Math.max(whole, rows));
}
