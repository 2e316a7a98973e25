/** How the reads of a stretch of time are divided over objects, which are ranked over the whole recording. */
export type PopularitySlice = {
  readonly reads: number;
  /** By band: the share of the reads, from 0 to 1. */
  readonly shares: readonly number[];
  /** The share of the reads that read an object for the first time. */
  readonly newShare: number;
};

/** The last rank of each band; the last band has all others. */
const bandEnds: readonly number[] = [1, 10, 100, 1_000];
export const bandNames: readonly string[] = [
  '1st',
  '2nd to 10th',
  '11th to 100th',
  '101st to 1,000th',
  'all others',
];

export type PopularityOverTime = {
  readonly add: (object: number, timeUs: number) => void;
  readonly slices: () => readonly PopularitySlice[];
};

type Span = { readonly fromUs: number; readonly toUs: number };

/** `ranked`: the most read objects, the first of them first. */
export function createPopularity(
  ranked: Uint32Array,
  { objects, span, slices }: { readonly objects: number; readonly span: Span; readonly slices: number },
): PopularityOverTime {
  const bands = bandNames.length;
  /** By object: its band, and whether it was read. */
  const bandOf = new Uint8Array(objects).fill(bands - 1);
  for (const [place, object] of ranked.subarray(0, bandEnds.at(-1)).entries())
    bandOf[object] = bandEnds.findIndex((end) => place < end);
  const wasRead = new Uint8Array(objects);
  const counts = new Float64Array(slices * bands);
  const firsts = new Float64Array(slices);
  const lengthUs = Math.max(span.toUs - span.fromUs, 1);
  return {
    add(object, timeUs) {
      const slice = Math.min(slices - 1, Math.floor(((timeUs - span.fromUs) / lengthUs) * slices));
      const index = slice * bands + (bandOf[object] ?? bands - 1);
      counts[index] = (counts[index] ?? 0) + 1;
      if (wasRead[object] === 1) return;
      wasRead[object] = 1;
      firsts[slice] = (firsts[slice] ?? 0) + 1;
    },
    slices: () =>
      Array.from({ length: slices }, (_, slice) => {
        const ofSlice = [...counts.subarray(slice * bands, (slice + 1) * bands)];
        const reads = ofSlice.reduce((sum, count) => sum + count, 0);
        const share = (count: number): number => (reads === 0 ? 0 : count / reads);
        return { reads, shares: ofSlice.map(share), newShare: share(firsts[slice] ?? 0) };
      }),
  };
}
