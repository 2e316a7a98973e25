import type { CacheSettings } from '../../app/cache/settings/cache-axes.ts';
import type { ClassPolicies } from '../../app/cache/settings/class-policies.ts';
import type { Reads } from '../recordings/recording.ts';
import { countDistance, createDistanceHistogram } from './distance-histogram.ts';
import type { DistanceHistogram } from './distance-histogram.ts';
import type { Sample } from './sampled-reads.ts';
import { createKnownSizes } from './known-sizes.ts';
import { createSimulation } from './simulation.ts';
import type { SimulatedCounts } from './simulation.ts';
import { entryWeights } from './simulation-conditions.ts';
import type { SimulationSettings } from './simulation-conditions.ts';
import { createStackDistances } from './stack-distances.ts';

/** A candidate over the reads of a sample. Plain data, since workers are told it. */
export type CandidateJob = {
  readonly kind: 'candidate';
  readonly candidate: CacheSettings;
  /** Absent: it treats all classes alike. */
  readonly policies?: ClassPolicies;
  readonly settings: SimulationSettings;
  readonly sample: Sample;
};

/** The stack distances of all reads, told apart by the sizes that they fit into. */
export type DistanceJob = {
  readonly kind: 'distances';
  readonly settings: SimulationSettings;
  readonly sizesBytes: readonly number[];
};

export type SimulationJob = CandidateJob | DistanceJob;

export type CandidateOutcome = { readonly kind: 'candidate'; readonly counts: SimulatedCounts };
export type DistanceOutcome = {
  readonly kind: 'distances';
  readonly histogram: DistanceHistogram;
  /** Of all entries, in the memory of one replica. */
  readonly footprintBytes: number;
};
export type JobOutcome = CandidateOutcome | DistanceOutcome;

/** A job that is going on. */
export type RunningJob = {
  run(reads: Reads, classes: readonly string[]): void;
  outcome(): JobOutcome;
};

export async function startJob(job: SimulationJob): Promise<RunningJob> {
  if (job.kind === 'distances') return startDistances(job);
  const simulation = await createSimulation(job.candidate, job.settings, job.policies);
  return { run: simulation.run, outcome: () => ({ kind: 'candidate', counts: simulation.counts() }) };
}

function startDistances({ settings, sizesBytes }: DistanceJob): RunningJob {
  const stacks = Array.from({ length: settings.replicas }, createStackDistances);
  const histogram = createDistanceHistogram(sizesBytes);
  const sizes = createKnownSizes(settings);
  const weights = entryWeights(settings);
  let turn = 0;
  const stackFor = (replica: number) => {
    if (replica < 0) turn += 1;
    return stacks[(replica < 0 ? turn : replica) % stacks.length];
  };
  return {
    run(reads) {
      for (let row = 0; row < reads.length; row += 1) {
        const object = reads.object[row] as number;
        const recorded = reads.bytes[row] as number;
        const stack = stackFor(reads.replica[row] as number);
        if (reads.event[row] !== 0) {
          sizes.ofChange(object, recorded);
          for (const one of stacks) one.remove(object);
          continue;
        }
        const bytes = sizes.ofRead(object, recorded);
        // What storage does not have is not kept, so that it takes no room from others.
        const isKept = stack !== undefined && !sizes.isGone(object, recorded);
        const distance = isKept ? stack.read(object, weights.inMemory(bytes)) : Number.POSITIVE_INFINITY;
        if ((reads.timeUs[row] as number) < settings.countFromUs) continue;
        countDistance(histogram, distance, weights.value(sizes.readBytes(object, recorded)));
      }
    },
    outcome: () => ({
      kind: 'distances',
      histogram,
      footprintBytes: Math.max(...stacks.map((stack) => stack.bytes())),
    }),
  };
}
