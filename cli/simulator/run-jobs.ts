import { availableParallelism } from 'node:os';
import type { ReadsSource } from '../recordings/recording.ts';
import { startGroup } from './job-group.ts';
import { startThreads } from './simulation-threads.ts';
import type { JobOutcome, SimulationJob } from './simulation-job.ts';

export type RunOptions = {
  /** 0: in this thread. Default: by the cores and the policies. */
  readonly threads?: number;
  /** Told after each batch: events that were simulated so far. */
  readonly onProgress?: (events: number) => void;
  /** Ends the run with its reason, also while threads are busy. */
  readonly signal?: AbortSignal;
};

/** However many jobs there are. */
const threadsMax = 16;

/** Reads a recording once, and runs all jobs over it. Outcomes come in the order of the jobs. */
export async function runJobs(
  source: ReadsSource,
  jobs: readonly SimulationJob[],
  options: RunOptions,
): Promise<readonly JobOutcome[]> {
  if (jobs.length === 0) return [];
  return options.threads === 0
    ? runHere(source, jobs, options)
    : runInThreads(source, groupJobs(jobs, options.threads), options);
}

async function runHere(
  source: ReadsSource,
  jobs: readonly SimulationJob[],
  { onProgress, signal }: RunOptions,
): Promise<readonly JobOutcome[]> {
  const group = await startGroup(jobs);
  let events = 0;
  for await (const reads of source.batches()) {
    signal?.throwIfAborted();
    group.run(reads, source.classes());
    onProgress?.((events += reads.length));
  }
  return group.outcomes();
}

type NumberedJob = { readonly job: SimulationJob; readonly index: number };

async function runInThreads(
  source: ReadsSource,
  groups: readonly (readonly NumberedJob[])[],
  { onProgress, signal }: RunOptions,
): Promise<readonly JobOutcome[]> {
  const threads = startThreads(
    groups.map((group) => group.map(({ job }) => job)),
    signal,
  );
  try {
    let events = 0;
    for await (const reads of source.batches()) {
      await threads.give(reads, source.classes());
      onProgress?.((events += reads.length));
    }
    return inOrder(groups, await threads.finish());
  } finally {
    await threads.stop();
  }
}

/**
 * Jobs of one policy go into threads of their own, however few cores there are: the compiler makes faster code of a policy in a
 * thread that knows no other. Where there are more cores than policies, the largest groups are halved.
 */
function groupJobs(
  jobs: readonly SimulationJob[],
  threads = availableParallelism(),
): readonly (readonly NumberedJob[])[] {
  const byPolicy = Map.groupBy(
    jobs.map((job, index) => ({ job, index })),
    ({ job }) => (job.kind === 'candidate' ? job.candidate.eviction : job.kind),
  );
  const groups: NumberedJob[][] = [...byPolicy.values()];
  const most = Math.min(jobs.length, Math.max(threads, groups.length), threadsMax);
  while (groups.length < most) {
    const largest = groups.reduce((a, b) => (b.length > a.length ? b : a));
    groups.push(largest.splice(Math.ceil(largest.length / 2)));
  }
  return groups;
}

function inOrder(
  groups: readonly (readonly NumberedJob[])[],
  outcomes: readonly (readonly JobOutcome[])[],
): readonly JobOutcome[] {
  const numbered = groups.flatMap((group, place) =>
    group.map(({ index }, within) => ({ index, outcome: outcomes[place]?.[within] as JobOutcome })),
  );
  return numbered.toSorted((a, b) => a.index - b.index).map(({ outcome }) => outcome);
}
