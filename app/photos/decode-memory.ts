import type { Metadata } from 'sharp';

/** What any decode takes beside coefficients: rows of pixels, the scaled image, the stored JPEG, the heap of a thread. */
const workingBytes = 24 * 1024 * 1024;
const bytesPerCoefficient = 2;

/** Samples per pixel, by how the chroma is subsampled. */
const samplesPerPixel: Readonly<Record<string, number>> = {
  '4:0:0': 1,
  '4:2:0': 1.5,
  '4:1:1': 1.5,
  '4:2:2': 2,
  '4:4:0': 2,
};

/**
 * Bytes that decoding a JPEG will take, from its head. A JPEG with one scan is read row by row and scaled down as it is read:
 * its size hardly counts. One with several scans (progressive) is whole only after the last: the coefficients of all pixels
 * stay in memory until then. Measured with libvips 8.18: 16 MB for 48 and for 200 million pixels with one scan; with
 * several, 153 MB for 48 million (4:2:0), 290 MB (4:4:4), 322 MB for 108 million (4:2:0).
 */
export function decodeBytesOf(head: Metadata): number {
  if (head.isProgressive !== true) return workingBytes;
  const samples = samplesPerPixel[head.chromaSubsampling ?? ''] ?? head.channels;
  return workingBytes + Math.ceil(head.width * head.height * samples * bytesPerCoefficient);
}
