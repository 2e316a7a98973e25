import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { oneOf } from '../one-of.ts';
import type { EventsSource } from './event-batch.ts';
import { cannotBeRead, readHead } from './file-bytes.ts';
import { recordingFormats } from './formats/index.ts';
import type { RecordingFormat } from './recording-format.ts';
import { readsOfEvents } from './reads-of-events.ts';
import type { ReadsSource, RequestsSource } from './recording.ts';
import { RecordingInvalid } from './recording-invalid.ts';
import { requestsOfEvents } from './requests-of-events.ts';

export type OpenOptions = {
  /** Absent: what the file looks like. */
  readonly format?: string;
  /** CSV only: which column is what. */
  readonly columns?: string;
  /** Absent: 1,000. */
  readonly classesMax?: number;
  /** Absent: 16 Mi, which takes about a gigabyte. */
  readonly objectsMax?: number;
  /** Ends the reading with its reason. */
  readonly signal?: AbortSignal;
};

/** An opened file of any format. */
export type OpenedRecording = { readonly format: RecordingFormat; readonly events: EventsSource };

const usualClassesMax = 1_000;
export const usualObjectsMax = 1 << 24;

/** The reads of a recording, for what simulates caches. Throws RECORDING_INVALID, also while batches are read. */
export async function openReads(file: string, options: OpenOptions = {}): Promise<ReadsSource> {
  const { format, events } = await openRecording(file, options);
  const objectsMax = options.objectsMax ?? usualObjectsMax;
  return readsOfEvents(events, { file, isForeign: format.isForeign, objectsMax });
}

/** The requests of a recording, for what sends them again. Throws as `openReads` does. */
export async function openRequests(file: string, options: OpenOptions = {}): Promise<RequestsSource> {
  const { format, events } = await openRecording(file, options);
  return requestsOfEvents(events, { file, isForeign: format.isForeign });
}

export async function openRecording(file: string, options: OpenOptions = {}): Promise<OpenedRecording> {
  const { format: named, columns, classesMax = usualClassesMax, signal } = options;
  const known = named === undefined ? null : formatNamed(named);
  await requireFile(file);
  const format = known ?? (await guessFormat(file));
  const events = await format.open(file, { classesMax, ...(columns !== undefined && { columns }) });
  return { format, events: signal === undefined ? events : untilAborted(events, signal) };
}

function untilAborted(events: EventsSource, signal: AbortSignal): EventsSource {
  return {
    ...events,
    async *batches() {
      for await (const batch of events.batches()) {
        signal.throwIfAborted();
        yield batch;
      }
    },
  };
}

/**
 * Refuses pipes, devices and folders: a pipe could be read only once, and most commands read a recording
 * twice.
 */
async function requireFile(file: string): Promise<void> {
  const found = await stat(file).catch((cause: unknown) => {
    throw cannotBeRead(file, cause);
  });
  if (found.isFile()) return;
  throw new RecordingInvalid(
    `${file} is ${found.isDirectory() ? 'a folder' : 'no file but a pipe or a device'}; a file is expected.`,
    found.isDirectory() ? {} : { remedy: 'Write it into a file first: a recording is read more than once.' },
  );
}

const names = recordingFormats.map(({ name }) => name);

function formatNamed(text: string): RecordingFormat {
  const name = oneOf('format', text, names);
  return recordingFormats.find((format) => format.name === name) as RecordingFormat;
}

async function guessFormat(file: string): Promise<RecordingFormat> {
  const head = await readHead(file);
  const name = basename(file).replace(/\.(zst|gz)$/i, '');
  const format = recordingFormats.find(({ looksLike }) => looksLike(name, head));
  if (format !== undefined) return format;
  if (head.length === 0) throw new RecordingInvalid(`${file} is empty; a recording is expected.`);
  throw new RecordingInvalid(`${file} looks like no format that is known.`, {
    remedy: `Say which one it is: --format ${names.join('|')}`,
  });
}
