import { evictionPolicies } from '../../app/cache/eviction/index.ts';
import type { EvictionName } from '../../app/cache/eviction/index.ts';
import { defaultParameters } from '../../app/cache/settings/cache-axes.ts';
import type { CacheSettings } from '../../app/cache/settings/cache-axes.ts';
import type { ReadsSource } from '../recordings/recording.ts';
import { tQuantile } from '../statistics/student-t.ts';
import { findKnee } from './curve.ts';
import type { Curve, CurvePoint } from './curve.ts';
import { possibleSizes, sizesFor } from './curve-sizes.ts';
import { hitsWithin } from './distance-histogram.ts';
import { runJobs } from './run-jobs.ts';
import type { RunOptions } from './run-jobs.ts';
import { everything } from './sampled-reads.ts';
import type { Sample } from './sampled-reads.ts';
import { countsIn, splitOptions } from './simulate-recording.ts';
import type { CandidateJob, DistanceOutcome, JobOutcome } from './simulation-job.ts';
import type { SimulationSettings } from './simulation-conditions.ts';

export type CurveOptions = RunOptions &
  Partial<Omit<SimulationSettings, 'memoryScale' | 'lifetimes'>> & {
    readonly policies: readonly EvictionName[];
    /** Of one replica's memory. Default: from a small part of all entries up to all. */
    readonly sizesBytes?: readonly number[];
    /** With more objects than that, other policies than LRU are simulated over samples. */
    readonly objectsMax?: number;
  };

export type Curves = {
  readonly curves: readonly Curve[];
  readonly reads: number;
  readonly objects: number;
  /** Of all entries. */
  readonly footprintBytes: number;
};

/** Enough that a sample of a fifth has twenty thousand objects. */
const objectsSimulatedMax = 100_000;
/** Samples have no objects in common. How far they are apart is what the error is told from. */
const samplesCount = 5;
/**
 * A cache that is scaled to its sample must have this many entries; with fewer, its coarseness would decide
 * what it hits.
 */
const scaledEntriesMin = 50;

/**
 * How much of the reads policies would hit, by the memory that they have. LRU is known at every size from one pass. The others are
 * simulated at each size, over all objects or over samples of them in caches that are as much smaller (Waldspurger, Saemundsson, Ahmad
 * and Park, Cache modeling and optimization using miniature simulations, USENIX ATC 2017). Entries never end here: with lifetimes,
 * whether an entry is fresh depends on when a cache of that size had loaded it, and there is no curve of LRU at all sizes at once.
 */
export async function measureCurves(source: ReadsSource, options: CurveOptions): Promise<Curves> {
  const { policies, sizesBytes, objectsMax = objectsSimulatedMax, ...others } = options;
  const { run, settings } = splitOptions(source, { replicas: 1, ...others, lifetimes: 'endless' });
  const job = { kind: 'distances', settings, sizesBytes: sizesBytes ?? possibleSizes() } as const;
  const [outcome] = await runJobs(source, [job], run);
  const distances = distancesIn(outcome);
  const sizes = sizesBytes ?? sizesFor(distances.footprintBytes);
  const simulated = policies.filter((policy) => policy !== 'lru');
  const samples = samplesOf(source.objects(), objectsMax);
  const plan = planJobs(simulated, sizes, samples, settings);
  const outcomes = await runJobs(source, plan, run);
  const measured = { distances, sizes, samples, objects: source.objects(), settings };
  const curves = policies.map((policy) => {
    if (policy === 'lru') return lruCurve(measured);
    const place = simulated.indexOf(policy) * sizes.length * samples.length;
    return simulatedCurve(policy, measured, outcomes.slice(place, place + sizes.length * samples.length));
  });
  return {
    curves,
    reads: distances.histogram.readsInAll,
    objects: source.objects(),
    footprintBytes: distances.footprintBytes,
  };
}

type Measured = {
  readonly distances: DistanceOutcome;
  readonly sizes: readonly number[];
  readonly samples: readonly Sample[];
  readonly objects: number;
  readonly settings: SimulationSettings;
};

function distancesIn(outcome: JobOutcome | undefined): DistanceOutcome {
  if (outcome?.kind !== 'distances') throw new TypeError('These are no distances.');
  return outcome;
}

/** Disjoint parts of all objects, which have `objectsMax` together; or one, of everything. */
function samplesOf(objects: number, objectsMax: number): readonly Sample[] {
  if (objects <= objectsMax) return [everything];
  const share = objectsMax / objects / samplesCount;
  return Array.from({ length: samplesCount }, (_, index) => ({
    from: index * share,
    to: (index + 1) * share,
  }));
}

const shareOf = ({ from, to }: Sample): number => to - from;

/** Policy by policy, size by size, sample by sample. */
function planJobs(
  policies: readonly EvictionName[],
  sizes: readonly number[],
  samples: readonly Sample[],
  settings: SimulationSettings,
): readonly CandidateJob[] {
  return policies.flatMap((eviction) =>
    sizes.flatMap((memoryBytes) =>
      samples.map((sample): CandidateJob => ({
        kind: 'candidate',
        candidate: { ...memoryOnly, eviction, memoryBytes },
        settings: { ...settings, memoryScale: shareOf(sample) },
        sample,
      })),
    ),
  );
}

/** A policy alone. */
const memoryOnly: CacheSettings = {
  ...defaultParameters,
  strategy: 'cache-aside',
  tiers: 'memory',
  eviction: 'lru',
};

function lruCurve({ distances: { histogram, footprintBytes }, sizes }: Measured): Curve {
  const points = sizes.map((bytes): CurvePoint => {
    const hits = hitsWithin(histogram, bytes);
    return {
      bytes,
      hitRatio: hits.reads / histogram.readsInAll,
      byteHitRatio: hits.bytes / histogram.bytesInAll,
      hitRatioError: null,
      byteHitRatioError: null,
    };
  });
  const { name: policy } = evictionPolicies.lru;
  return { policy, method: 'distances', sampledShare: 1, points, knee: findKnee(points, footprintBytes) };
}

/** Whether a sample of a cache of that size has enough entries to behave like it. */
function isLargeEnough(bytes: number, { samples, distances, objects }: Measured): boolean {
  const share = shareOf(samples[0] ?? everything);
  const entryBytes = distances.footprintBytes / objects;
  return share === 1 || (bytes * share) / entryBytes >= scaledEntriesMin;
}

function simulatedCurve(policy: string, measured: Measured, outcomes: readonly JobOutcome[]): Curve {
  const { sizes, samples } = measured;
  const points = sizes.flatMap((bytes, index) => {
    const own = outcomes.slice(index * samples.length, (index + 1) * samples.length);
    return isLargeEnough(bytes, measured) ? [pointOf(bytes, own, measured)] : [];
  });
  const sampledShare = samples.reduce((sum, sample) => sum + shareOf(sample), 0);
  const method = samples.length === 1 ? 'simulated' : 'sampled';
  const knee = findKnee(points, measured.distances.footprintBytes);
  return { policy, method, sampledShare, points, knee };
}

function pointOf(
  bytes: number,
  outcomes: readonly JobOutcome[],
  { samples, distances: { histogram } }: Measured,
): CurvePoint {
  const shares = samples.map(shareOf);
  const counts = outcomes.map(countsIn);
  const reads = sampledRatios(
    counts.map((count) => ({ all: count.reads, missed: count.reads - count.memoryHits })),
    shares.map((share) => share * histogram.readsInAll),
  );
  const byBytes = sampledRatios(
    counts.map((count) => ({ all: count.readBytes, missed: count.readBytes - count.memoryHitBytes })),
    shares.map((share) => share * histogram.bytesInAll),
  );
  return {
    bytes,
    hitRatio: mean(reads),
    byteHitRatio: mean(byBytes),
    hitRatioError: errorOf(reads),
    byteHitRatioError: errorOf(byBytes),
  };
}

type SampledReads = { readonly all: number; readonly missed: number };

/**
 * Misses of a sample stand for as many times more as the sample is smaller; of the reads it is known how many there are. So a sample
 * that happens to have few of the hottest objects errs little: they are hits (SHARDS calls that its adjustment). Where they are no
 * hits, a sample can miss more than all the reads that it stands for; then each sample speaks for itself.
 */
function sampledRatios(sampled: readonly SampledReads[], stoodFor: readonly number[]): readonly number[] {
  const adjusted = sampled.map(({ missed }, index) => 1 - missed / (stoodFor[index] ?? 0));
  if (adjusted.every((ratio) => ratio >= 0)) return adjusted;
  return sampled.map(({ all, missed }) => (all === 0 ? 0 : 1 - missed / all));
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** Half of the 95 % interval of the mean, by Student's t. */
function errorOf(values: readonly number[]): number | null {
  if (values.length < 2) return null;
  const middle = mean(values);
  const variance = values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (values.length - 1);
  return tQuantile(0.975, values.length - 1) * Math.sqrt(variance / values.length);
}
