import type { Candidate } from '../../app/candidates/candidate.ts';
import { formatCandidate } from '../../app/candidates/format-candidate.ts';
import { tiersInOrder, tiersOf } from '../../app/cache/tiers/index.ts';
import { policiesOf } from '../../app/classes/system.ts';
import { CommandError } from '../errors.ts';
import type { ReadsSource } from '../recordings/recording.ts';
import { runJobs } from './run-jobs.ts';
import type { RunOptions } from './run-jobs.ts';
import { everything } from './sampled-reads.ts';
import type { SimulatedCounts } from './simulation.ts';
import type { CandidateJob, JobOutcome } from './simulation-job.ts';
import { defaultSettings } from './simulation-conditions.ts';
import type { SimulationSettings } from './simulation-conditions.ts';

/** Of all reads of caches, from 0 to 1. Null: the candidate has no such tier, or there were no reads. */
export type TierShares = {
  readonly memory: number | null;
  readonly redis: number | null;
  readonly all: number | null;
};

/** What a candidate would have done with the reads of a recording. */
export type SimulatedCandidate = {
  readonly candidate: Candidate;
  readonly reads: number;
  readonly hits: { readonly memory: number; readonly redis: number };
  readonly hitRatio: TierShares;
  /** The same in bytes of values. */
  readonly byteHitRatio: TierShares;
  /** Of storage, for reads and for refreshes. */
  readonly loads: number;
  /** The most that the memory of one replica held, with what entries cost beside their values. */
  readonly memoryBytesMax: number;
  readonly redisBytesMax: number;
  /** Entries that had to go from memory for room. */
  readonly evictions: number;
};

export type SimulateOptions = RunOptions & Partial<Omit<SimulationSettings, 'memoryScale'>>;

/** Whether its tiers are the two that the simulator models: a memory in each replica, and a Redis behind them. */
export function isSimulated({ cache }: Candidate): boolean {
  return tiersInOrder(cache.tiers).every((tier) => tier === 'memory' || tier === 'redis');
}

/** Throws a usage error for a candidate with another tier: what it hits would be told under the name of one of the two. */
function requireSimulated(candidate: Candidate): void {
  if (isSimulated(candidate)) return;
  const message = `The simulator knows the tiers memory and redis, and not those of ${formatCandidate(candidate)}.`;
  throw new CommandError('usage', message, {
    remedy: 'Measure that candidate: darkroom compare, or darkroom replay of the recording.',
  });
}

/**
 * Runs every candidate over a recording in virtual time; the recording is read once, in batches. Throws a usage error for a candidate
 * that is not simulated.
 */
export async function simulateRecording(
  source: ReadsSource,
  candidates: readonly Candidate[],
  options: SimulateOptions = {},
): Promise<readonly SimulatedCandidate[]> {
  candidates.forEach(requireSimulated);
  const { run, settings } = splitOptions(source, options);
  const jobs = candidates.map(({ cache, classes }): CandidateJob => ({
    kind: 'candidate',
    candidate: cache,
    policies: policiesOf(classes),
    settings,
    sample: everything,
  }));
  const outcomes = await runJobs(source, jobs, run);
  return candidates.map((candidate, index) => simulated(candidate, countsIn(outcomes[index])));
}

/** How it is run, and what is simulated. */
export function splitOptions(
  { isForeign }: Pick<ReadsSource, 'isForeign'>,
  { threads, onProgress, signal, ...given }: SimulateOptions,
): { readonly run: RunOptions; readonly settings: SimulationSettings } {
  const run = {
    ...(threads !== undefined && { threads }),
    ...(onProgress !== undefined && { onProgress }),
    ...(signal !== undefined && { signal }),
  };
  const readsWithoutSize = isForeign ? 'of-unknown-size' : 'find-nothing';
  return { run, settings: { ...defaultSettings, readsWithoutSize, ...given } };
}

/** The counts of a job that was given a candidate. */
export function countsIn(outcome: JobOutcome | undefined): SimulatedCounts {
  if (outcome?.kind !== 'candidate') throw new TypeError('This is not the outcome of a candidate.');
  return outcome.counts;
}

function simulated(candidate: Candidate, counts: SimulatedCounts): SimulatedCandidate {
  const { local, shared } = tiersOf(candidate.cache.tiers);
  const shares = (memory: number, redis: number, all: number): TierShares => {
    const of = (part: number): number | null => (all === 0 ? null : part / all);
    return {
      memory: local === null ? null : of(memory),
      redis: shared === null ? null : of(redis),
      all: of(memory + redis),
    };
  };
  return {
    candidate,
    reads: counts.reads,
    hits: { memory: counts.memoryHits, redis: counts.redisHits },
    hitRatio: shares(counts.memoryHits, counts.redisHits, counts.reads),
    byteHitRatio: shares(counts.memoryHitBytes, counts.redisHitBytes, counts.readBytes),
    loads: counts.loads,
    memoryBytesMax: counts.memoryBytesMax,
    redisBytesMax: counts.redisBytesMax,
    evictions: counts.evictions,
  };
}
