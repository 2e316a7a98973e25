import { accessSync, constants, existsSync, mkdirSync, rmSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { TierStackName } from '../../app/cache/tiers/index.ts';
import { recordAndDiscard } from '../../app/contract/recorded-event.ts';
import { CommandError } from '../errors.ts';
import { ownRun } from '../stack/own-run.ts';
import type { StackPaths } from '../stack/stack-paths.ts';
import type { ProcessRecording } from '../worlds/start-world-process.ts';
import type { GatheredRecording } from './gather-recording.ts';
import { requireRecordable } from './recorded-candidate.ts';
import type { RecordingMeta } from './recording.ts';
import { isReplaceable } from './replaceable-file.ts';

/** What the command line says of a recording. */
export type RecordOptions = {
  /** Absent: nobody records. */
  readonly record?: string;
  /** In MiB: of what the processes write down, which is larger than the file that is made of it. */
  readonly recordMax: number;
  readonly identifiers: RecordingMeta['identifiers'];
};

/** Processes of one world that write down what is asked, each start of one counted. */
type RecordedRun = { readonly processes: number };

/** One recording, from its plan to its file. */
export type RecordingSession = {
  readonly file: string;
  /** For the processes of the world that is recorded. */
  readonly kept: ProcessRecording;
  /** For the processes of other worlds, which must do the same work. */
  readonly discarded: ProcessRecording;
  /** Once the processes have ended. `cut`: why what was to be recorded was not recorded to its end, beside what they say of it. */
  readonly gather: (
    meta: Omit<RecordingMeta, 'version' | 'identifiers'>,
    tiers: TierStackName,
  ) => Promise<GatheredRecording>;
  readonly remove: () => void;
};

const usualRecordMaxMib = 256;
const mebibyte = 1_048_576;
/** The least that a process may write down: with less, it would be next to nothing. */
const processBytesMin = 65_536;

/**
 * Throws a usage error when the file cannot be written, or would lack something of all candidates that may be recorded: the user hears of
 * it before anything starts. Null: nobody records.
 */
export function planRecording(
  options: Partial<RecordOptions>,
  candidates: Parameters<typeof requireRecordable>[0],
): ((paths: StackPaths, run: RecordedRun) => RecordingSession) | null {
  const { record, recordMax = usualRecordMaxMib, identifiers = 'hashed' } = options;
  if (record === undefined) return null;
  requireRecordable(candidates);
  const file = resolve(record);
  requireWritable(file, record);
  return (paths, { processes }) => {
    const folder = join(ownRun(paths).folder, 'recorded');
    mkdirSync(folder, { mode: 0o700, recursive: true });
    const bytesMax = Math.max(processBytesMin, Math.floor((recordMax * mebibyte) / processes));
    return {
      file,
      kept: { to: folder, bytesMax },
      discarded: { to: recordAndDiscard, bytesMax },
      async gather(meta, tiers) {
        // Most commands record nothing, and what writes the file takes a while to load.
        const { gatherRecording } = await import('./gather-recording.ts');
        return gatherRecording(folder, file, { version: 1, identifiers, ...meta }, tiers);
      },
      remove: () => rmSync(folder, { recursive: true, force: true }),
    };
  };
}

function requireWritable(file: string, given: string): void {
  const fail = (why: string, details: { readonly remedy?: string; readonly cause?: unknown } = {}): never => {
    throw new CommandError('usage', `The recording ${given} cannot be written: ${why}`, details);
  };
  try {
    accessSync(dirname(file), constants.W_OK);
    if (!existsSync(file)) return;
    if (!statSync(file).isFile()) fail('it is no file.');
    if (!isReplaceable(file))
      fail('there is a file of that name, which is no whole recording and would be lost.', {
        remedy: 'Name another file, or remove that one.',
      });
  } catch (error) {
    if (error instanceof CommandError) throw error;
    fail((error as Error).message, { cause: error });
  }
}

/** For people: what became of it. */
export function describeRecording(file: string, { requests, events, late, cut }: GatheredRecording): string {
  if (events === 0) return `Nothing was recorded, and ${file} was not written.`;
  const without = late === 0 ? '' : ` ${late.toLocaleString('en-US')} that took minutes are left out.`;
  const end = cut === null ? '' : ` It ends early: ${cut}.`;
  return `Recorded ${requests.toLocaleString('en-US')} requests and ${(events - requests).toLocaleString('en-US')} reads, writes and removals in ${file}.${without}${end}`;
}
