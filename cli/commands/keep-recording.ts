import { formatCandidate } from '../../app/candidates/format-candidate.ts';
import { CommandError } from '../errors.ts';
import type { NamedCandidate } from '../experiment/named-candidates.ts';
import type { GatheredRecording } from '../recordings/gather-recording.ts';
import { describeRecording } from '../recordings/recording-session.ts';
import type { RecordingSession } from '../recordings/recording-session.ts';
import { codeOf } from '../stack/server-words.ts';
import { systemRemedy } from '../system-remedies.ts';
import type { PopulationSize } from '../../loadtests/workloads/population-size.ts';
import type { Terminal } from './terminal.ts';

/** What was recorded. */
export type RecordedWork = {
  readonly source: string;
  readonly candidate: Pick<NamedCandidate, 'candidate'>;
  readonly replicas: number;
  readonly population: PopulationSize;
  /** Why the work ended before its end; absent: it did not. */
  readonly cut?: string;
};

/** Makes the file of what the processes have written down, once they have ended, and says so. */
export async function keepRecording(
  terminal: Terminal,
  session: RecordingSession | null,
  work: RecordedWork,
): Promise<void> {
  if (session === null) return;
  const gathered = await gather(session, work);
  terminal.report(describeRecording(session.file, gathered));
}

/** A full disk is no fault of ours: what was measured is shown all the same. */
async function gather(
  session: RecordingSession,
  { source, candidate: { candidate }, replicas, population, cut }: RecordedWork,
): Promise<GatheredRecording> {
  const { seed, people, photos, followers } = population;
  try {
    const meta = {
      ...{ source, seed, people, photos, followers, replicas },
      candidate: formatCandidate(candidate),
      ...(cut !== undefined && { cut }),
    };
    return await session.gather(meta, candidate.cache.tiers);
  } catch (error) {
    const code = error instanceof CommandError ? null : codeOf(error);
    if (code === null) throw error;
    const remedy = systemRemedy(code);
    const message = `The recording ${session.file} could not be written, and nothing is left of it: ${(error as Error).message}`;
    throw new CommandError('notWritten', message, { cause: error, ...(remedy !== undefined && { remedy }) });
  }
}
