import type { Candidate } from '../../app/candidates/candidate.ts';
import { parseCandidate } from '../../app/candidates/parse-candidate.ts';
import { DarkroomError } from '../../app/errors.ts';
import { RecordingInvalid } from '../recordings/recording-invalid.ts';
import type { Reads, ReadsSource } from '../recordings/recording.ts';
import { isSimulated, simulateRecording } from '../simulator/simulate-recording.ts';
import { unknownHitRatios } from '../report/measured-results.ts';
import type { HitRatios } from '../report/measured-results.ts';
import type { ExperimentPlan } from '../experiment/plan-experiment.ts';

/** What of a recording is replayed, and how fast. */
export type ReplayedPart = {
  /** Of recorded time, microseconds. */
  readonly untilUs: number;
  readonly speed: number;
  /** Whether all that was recorded is sent as it was; of others' objects, and of a part of the objects, it is not. */
  readonly isAsRecorded: boolean;
  /** Others' objects became photos. */
  readonly isForeign: boolean;
  /** Whether the recording ends with it. */
  readonly isWhole: boolean;
  /** How long it took when it was recorded. */
  readonly recordedSeconds: number;
  /** Under which candidate it was recorded; null: nobody knows. */
  readonly recordedCandidate: string | null;
};

/** Where a service is known by no candidate, it is taken for a usual one. */
const usualCandidate = 'cache-aside';

/** The reads of the part of a recording that is replayed, at the times at which they come then. */
export function readsOfPart(
  source: ReadsSource,
  { untilUs, speed }: Pick<ReplayedPart, 'untilUs' | 'speed'>,
): ReadsSource {
  return {
    ...source,
    async *batches() {
      for await (const batch of source.batches()) {
        const length = firstAfter(batch, untilUs);
        if (length > 0) yield { ...batch, length, timeUs: batch.timeUs.map((us) => us / speed) };
        if (length < batch.length) return;
      }
    },
  };
}

/** The first event of a batch that came later. */
function firstAfter({ timeUs, length }: Reads, untilUs: number): number {
  let [low, high] = [0, length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((timeUs[middle] ?? Infinity) <= untilUs) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * What the simulator expects of the candidates of a replay, by their labels: the hit ratios that measured ones are held against. Empty
 * where the recording has requests alone, since nobody knows then what they read, and where other things are read in their place. Unknown
 * for candidates that read other things for the same request than was recorded, and for those that are not simulated.
 */
export async function predictReplay(
  source: ReadsSource,
  plan: Pick<ExperimentPlan, 'candidates' | 'replicas' | 'seed'>,
  part: ReplayedPart,
  onProgress: (events: number) => void = () => {},
): Promise<ReadonlyMap<string, HitRatios>> {
  const { candidates, replicas, seed } = plan;
  if (!part.isAsRecorded) return new Map();
  const recorded = candidateOf(part.recordedCandidate ?? usualCandidate);
  try {
    const known = candidates.filter(({ candidate }) => isSimulated(candidate));
    const simulated = await simulateRecording(
      readsOfPart(source, part),
      known.map(({ candidate }) => candidate),
      { replicas, seed, onProgress },
    );
    const ratios = new Map(known.map(({ label }, index) => [label, simulated[index]?.hitRatio]));
    return new Map(
      candidates.map(({ label, candidate }) => [
        label,
        { ...unknownHitRatios, ...(readsTheSame(candidate, recorded) && ratios.get(label)) },
      ]),
    );
  } catch (error) {
    if (error instanceof RecordingInvalid) return new Map();
    throw error;
  }
}

/** Whether two candidates ask caches for the same: what answers before them, and what feeds and counts come from, decides over that. */
function readsTheSame(candidate: Candidate, recorded: Candidate | null): boolean {
  const besideCaches = (one: Candidate): string =>
    JSON.stringify(Object.entries(one).filter(([system]) => system !== 'cache' && system !== 'classes'));
  return recorded !== null && besideCaches(candidate) === besideCaches(recorded);
}

/** Null: another version wrote it, whose candidates are not ours. */
function candidateOf(text: string): Candidate | null {
  try {
    return parseCandidate(text);
  } catch (error) {
    if (error instanceof DarkroomError) return null;
    throw error;
  }
}
