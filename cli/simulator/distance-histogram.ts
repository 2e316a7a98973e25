/** How many reads, and bytes of reads, hit first at each of some sizes. What needs more than the largest is a miss at all of them. */
export type DistanceHistogram = {
  /** From the smallest on. */
  readonly sizesBytes: readonly number[];
  readonly reads: Float64Array;
  readonly bytes: Float64Array;
  readsInAll: number;
  bytesInAll: number;
};

export function createDistanceHistogram(sizes: readonly number[]): DistanceHistogram {
  const sizesBytes = [...new Set(sizes)].toSorted((a, b) => a - b);
  return {
    sizesBytes,
    reads: new Float64Array(sizesBytes.length),
    bytes: new Float64Array(sizesBytes.length),
    readsInAll: 0,
    bytesInAll: 0,
  };
}

/** The place of the first size that a distance fits into; behind the last one where it fits into none. */
function placeOf(sizes: readonly number[], distance: number): number {
  let from = 0;
  let to = sizes.length;
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((sizes[middle] as number) < distance) from = middle + 1;
    else to = middle;
  }
  return from;
}

export function countDistance(histogram: DistanceHistogram, distance: number, bytes: number): void {
  histogram.readsInAll += 1;
  histogram.bytesInAll += bytes;
  const place = placeOf(histogram.sizesBytes, distance);
  if (place === histogram.sizesBytes.length) return;
  histogram.reads[place] = (histogram.reads[place] as number) + 1;
  histogram.bytes[place] = (histogram.bytes[place] as number) + bytes;
}

/** What a cache of one of the sizes hits. */
export function hitsWithin(
  histogram: DistanceHistogram,
  sizeBytes: number,
): { reads: number; bytes: number } {
  const places = placeOf(histogram.sizesBytes, sizeBytes) + 1;
  const sum = (of: Float64Array): number => of.subarray(0, places).reduce((all, one) => all + one, 0);
  return { reads: sum(histogram.reads), bytes: sum(histogram.bytes) };
}
