import type { RecordedRequest } from '../recordings/recording.ts';
import { isOfPhoto } from './population-of-replay.ts';

/** Requests for a part of the objects, all of each of them. */
export type SampledRequests = {
  readonly requests: readonly RecordedRequest[];
  /** Share of the objects that are left, from 0 to 1. */
  readonly share: number;
};

const buckets = 1_000_003;

/**
 * A bucket depends on the name of an object alone, so that all its requests stay or go together, and each
 * object that stays comes as often as before.
 */
function bucketOf(subject: bigint): number {
  const mixed = BigInt.asUintN(64, subject * 0x9e3779b97f4a7c15n) >> 20n;
  return Number(mixed % BigInt(buckets));
}

/** Takes as large a part of the objects as there may be, by a hash of each; what is asked of people stays. */
export function sampleObjects(requests: readonly RecordedRequest[], objectsMax: number): SampledRequests {
  const all = [...new Set(requests.filter(isOfPhoto).map(({ subject }) => subject))].map(bucketOf);
  if (all.length <= objectsMax) return { requests, share: 1 };
  const sorted = Float64Array.from(all).sort();
  // Objects of the same bucket stay or go together.
  const below = sorted[objectsMax] ?? buckets;
  const kept = requests.filter((request) => !isOfPhoto(request) || bucketOf(request.subject) < below);
  return { requests: kept, share: sorted.findIndex((bucket) => bucket >= below) / all.length };
}
