/** How much a policy hits with how much memory. Ratios are from 0 to 1; so are their errors, where they are estimates. */
export type CurvePoint = {
  readonly bytes: number;
  readonly hitRatio: number;
  readonly byteHitRatio: number;
  /** Half of the 95 % interval. Null: this is no estimate. */
  readonly hitRatioError: number | null;
  readonly byteHitRatioError: number | null;
};

export type Curve = {
  readonly policy: string;
  /** `distances`: exact at each size, by stack distances. `simulated`: run at each size. `sampled`: run over samples of the objects. */
  readonly method: 'distances' | 'simulated' | 'sampled';
  /** Of all objects, the share that was simulated. */
  readonly sampledShare: number;
  /** From the smallest size on. */
  readonly points: readonly CurvePoint[];
  /** Null: it rises to the end. */
  readonly knee: Knee | null;
};

/** The size from which on a doubling brings less than `kneeGain`. */
export type Knee = { readonly bytes: number; readonly hitRatio: number };

/** A point of hit ratio. */
const kneeGain = 0.01;

/** The hit ratio at a size between points, on the straight line between them on a scale of doublings. */
export function hitRatioAt(points: readonly CurvePoint[], bytes: number): number {
  const above = points.findIndex((point) => point.bytes >= bytes);
  const upper = points[above];
  const lower = points[above - 1];
  if (upper === undefined) return points.at(-1)?.hitRatio ?? 0;
  if (lower === undefined || upper.bytes === bytes) return upper.hitRatio;
  const share = Math.log(bytes / lower.bytes) / Math.log(upper.bytes / lower.bytes);
  return lower.hitRatio + share * (upper.hitRatio - lower.hitRatio);
}

/** Steps in which the knee is looked for: sixteen to a doubling. */
const stepsPerDoubling = 16;

/**
 * The smallest size from which on no doubling brings a point. The last one that brings it decides, and not the first that does not:
 * where a loop of requests has just not enough room, a curve is flat before it rises. With room for `allBytes` there is nothing
 * to gain by more.
 */
export function findKnee(points: readonly CurvePoint[], allBytes: number): Knee | null {
  const first = points[0];
  const last = points.at(-1);
  if (first === undefined || last === undefined) return null;
  const known = last.bytes >= allBytes ? last.bytes * 2 : last.bytes;
  const steps = Math.floor(Math.log2(known / first.bytes / 2) * stepsPerDoubling);
  for (let step = steps; step >= 0; step -= 1) {
    const bytes = first.bytes * 2 ** (step / stepsPerDoubling);
    if (hitRatioAt(points, bytes * 2) - hitRatioAt(points, bytes) < kneeGain) continue;
    if (step === steps && known === last.bytes) return null;
    const knee = roundedUp(first.bytes * 2 ** ((step + 1) / stepsPerDoubling));
    return { bytes: knee, hitRatio: hitRatioAt(points, knee) };
  }
  return { bytes: first.bytes, hitRatio: first.hitRatio };
}

/** A whole number of bytes, of which two digits count in the unit that people would write it in: 55.7 MiB is 56 MiB. */
function roundedUp(bytes: number): number {
  const unit = 1_024 ** Math.floor(Math.log2(bytes) / 10);
  const step = 10 ** (Math.floor(Math.log10(bytes / unit)) - 1);
  return Math.ceil(Math.ceil(bytes / unit / step) * step * unit);
}
