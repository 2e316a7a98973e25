import { drawsOf } from '../../loadtests/workloads/counter-random.ts';
import { createZipf } from '../../loadtests/workloads/zipf.ts';

/** Requests that every implementation is given: an object each, and what it weighs. */
export type ReferenceTrace = {
  readonly name: string;
  readonly objects: readonly number[];
  /** By object. */
  readonly bytesOf: (object: number) => number;
  /** How much the caches hold. */
  readonly capacities: readonly number[];
};

const seed = 20_260_516;
const requests = 60_000;
/**
 * Those before fill the caches and are not counted. libCacheSim's S3-FIFO puts what comes first into its main queue, where it is for
 * long: by the half of the requests the two no longer differ by that.
 */
export const countedFrom = requests / 2;
const people = 20_000;
const one = (): number => 1;

function zipf(alpha: number, stream: number, among = people): (index: number) => number {
  const draw = createZipf(among, alpha);
  return (index) => draw(drawsOf(seed, 0, stream, index));
}

const drawn = (objectAt: (index: number) => number): readonly number[] =>
  Array.from({ length: requests }, (_, index) => objectAt(index));

/** Every tenth thousand of requests goes through objects that are asked for once. */
function withScans(stream: number): (index: number) => number {
  const popular = zipf(0.9, stream);
  return (index) => (Math.floor(index / 1_000) % 10 === 9 ? people + index : popular(index));
}

/** Four times, others are popular. */
function shifting(stream: number): (index: number) => number {
  const popular = zipf(0.9, stream, people / 2);
  return (index) => popular(index) + Math.floor(index / (requests / 4)) * (people / 8);
}

/** From 100 to 10,000, as likely to be small as large on a scale of doublings. */
const sized = (object: number): number => Math.round(100 * 100 ** drawsOf(seed, 0, 9, object)(0));
const bytesInAll = Array.from({ length: people }, (_, index) => sized(index + 1)).reduce((a, b) => a + b, 0);

const entries = [people / 100, people / 10];

export const referenceTraces: readonly ReferenceTrace[] = [
  { name: 'zipf-0.7', objects: drawn(zipf(0.7, 1)), bytesOf: one, capacities: entries },
  { name: 'zipf-1.0', objects: drawn(zipf(1, 2)), bytesOf: one, capacities: entries },
  { name: 'scans', objects: drawn(withScans(3)), bytesOf: one, capacities: entries },
  { name: 'shifting', objects: drawn(shifting(4)), bytesOf: one, capacities: entries },
  {
    name: 'sized',
    objects: drawn(zipf(0.9, 5)),
    bytesOf: sized,
    capacities: [0.01, 0.1].map((share) => Math.round(bytesInAll * share)),
  },
];
