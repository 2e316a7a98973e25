import { renditionEdges } from '../../app/contract/renditions.ts';
import type { RenditionEdge } from '../../app/contract/renditions.ts';

/** Of a hundred requests for a picture, how many ask for each size: pages show many small ones. */
const shares: Readonly<Record<RenditionEdge, number>> = { 150: 45, 320: 30, 640: 20, 1080: 5 };

/** The longest side of the picture that is asked for, at `u` in [0, 1). */
export function renditionAt(u: number): RenditionEdge {
  let left = u * 100;
  for (const edge of renditionEdges) {
    left -= shares[edge];
    if (left < 0) return edge;
  }
  return 150;
}
