import type { Reads } from '../recordings/recording.ts';
import { createSampler, everything } from './sampled-reads.ts';
import { startJob } from './simulation-job.ts';
import type { JobOutcome, RunningJob, SimulationJob } from './simulation-job.ts';

/** Jobs of one thread. */
export type JobGroup = {
  run(reads: Reads, classes: readonly string[]): void;
  /** In the order of the jobs. */
  outcomes(): readonly JobOutcome[];
};

/** Those of the same sample are given it together: it is drawn once. */
export async function startGroup(jobs: readonly SimulationJob[]): Promise<JobGroup> {
  const running = await Promise.all(jobs.map(startJob));
  const bySample = new Map<string, { sampler: (reads: Reads) => Reads; jobs: RunningJob[] }>();
  for (const [index, job] of jobs.entries()) {
    const sample = job.kind === 'candidate' ? job.sample : everything;
    const name = `${sample.from} ${sample.to}`;
    const own = bySample.get(name) ?? { sampler: createSampler(sample), jobs: [] };
    own.jobs.push(running[index] as RunningJob);
    bySample.set(name, own);
  }
  return {
    run(reads, classes) {
      for (const { sampler, jobs: sampled } of bySample.values()) {
        const part = sampler(reads);
        for (const job of sampled) job.run(part, classes);
      }
    },
    outcomes: () => running.map((job) => job.outcome()),
  };
}
