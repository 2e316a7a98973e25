import { renditionEdges } from '../../app/contract/renditions.ts';
import type { RenditionEdge } from '../../app/contract/renditions.ts';
import { samplePhotos } from './sample-photos.ts';

/** Bytes of the samples' renditions as WebP, in the order of the samples, the smallest rendition first. */
const bytes: readonly (readonly number[])[] = [
  [2_156, 8_414, 52_748, 52_748],
  [2_520, 11_558, 64_848, 64_848],
  [1_688, 6_972, 45_394, 45_394],
  [1_332, 4_458, 32_754, 55_708],
];

/**
 * Bytes of a seeded photo's picture, to a few percent on any machine. They stand for the images that browsers
 * already have, whose bytes nobody measures.
 */
export function renditionBytesOf(photoId: number, rendition: RenditionEdge): number {
  return bytes[(photoId - 1) % samplePhotos.length]?.[renditionEdges.indexOf(rendition)] ?? 0;
}
