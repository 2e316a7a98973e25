import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { tierNamesOf } from '../../app/cache/tiers/index.ts';
import type { TierStackName } from '../../app/cache/tiers/index.ts';
import type { RecordedOutcome, ServiceEvent } from '../../app/contract/recorded-event.ts';
import { createKeyedHash } from './keyed-hash.ts';
import { unknownRequest } from './recording.ts';
import type { OutcomeName, RecordedEvent, RecordingMeta } from './recording.ts';
import { mergeByTime, reorder } from './reorder.ts';
import { openServiceEvents } from './service-events.ts';
import { createRecordingWriter } from './write-recording.ts';

/** What became of a recording. */
export type GatheredRecording = {
  readonly requests: number;
  readonly events: number;
  /**
   * Events that were left out: they were written down so long after they began that later ones had been
   * passed on.
   */
  readonly late: number;
  /** Why the recording ends before what it records; null: it does not. */
  readonly cut: string | null;
};

/** How a recording of a candidate with these tiers calls what its processes have written down. */
function outcomeNamesOf(stack: TierStackName): Readonly<Record<RecordedOutcome, OutcomeName>> {
  const { local, shared } = tierNamesOf(stack);
  return {
    '': '',
    local: local ?? '',
    shared: shared ?? '',
    storage: 'storage',
    joined: 'joined',
    bypass: 'bypass',
  };
}

const cutWords = {
  full: 'it reached its bound (--record-max), or the disk did not keep up',
  lost: 'a process ended, or could not write, before it had written down all that it did',
} as const;

/** `r1.5c9b…` of the process `r1`. */
const processOf = (file: string): string => file.slice(0, file.lastIndexOf('.'));

/**
 * Makes one recording of what the processes of a world, whose candidate has these tiers, have written into a folder. Where one of them
 * had to stop, it ends there; `cut` of `meta` says why it ends early where they do not know.
 */
export async function gatherRecording(
  folder: string,
  file: string,
  meta: RecordingMeta,
  tiers: TierStackName,
): Promise<GatheredRecording> {
  const files = readdirSync(folder).toSorted();
  const processes = [...new Set(files.map(processOf))];
  const opened = await Promise.all(files.map((name) => openServiceEvents(join(folder, name))));
  const ends = new Set(opened.map(({ end }) => end));
  const cut = ends.has('full') ? cutWords.full : ends.has('lost') ? cutWords.lost : (meta.cut ?? null);
  const writer = createRecordingWriter(file, { ...meta, ...(cut !== null && { cut }) });
  const translate = createTranslator(meta.identifiers, files.length, outcomeNamesOf(tiers));
  const sources = opened.map(({ pieces, end }) => ({
    pieces: reorder(pieces()),
    endsAll: end !== 'closed',
  }));
  let [requests, events, late, newestUs] = [0, 0, 0, -Infinity];
  try {
    for await (const { event, source } of mergeByTime(sources)) {
      const replica = processes.indexOf(processOf(files[source] ?? ''));
      // An event that was written down later than events are held back for (`reorder.ts`) cannot be put into
      // its place any more.
      if (event.timeUs < newestUs) {
        late += 1;
        continue;
      }
      newestUs = event.timeUs;
      writer.add(translate(event, { source, replica }));
      events += 1;
      if (event.kind === 'request') requests += 1;
    }
    // Without events no file is written, and one that was there stays.
    if (events === 0) writer.discard();
    else writer.finish();
  } catch (error) {
    writer.discard();
    throw error;
  }
  return { requests, events, late, cut };
}

/** Identifiers become hashes or stay, and numbers of requests become those of all processes. */
function createTranslator(
  identifiers: RecordingMeta['identifiers'],
  sources: number,
  outcomeNames: ReturnType<typeof outcomeNamesOf>,
) {
  const hashOf = createKeyedHash(randomBytes(32));
  const nameOf = (thing: ServiceEvent['thing'], id: number): bigint => {
    if (thing === 'none' || id === 0) return 0n;
    return identifiers === 'plain' ? BigInt(id) : hashOf(`${thing}:${id}`);
  };
  return (
    event: ServiceEvent,
    { source, replica }: { readonly source: number; readonly replica: number },
  ): RecordedEvent => ({
    timeUs: event.timeUs,
    event: event.kind,
    request: event.request === 0 ? unknownRequest : event.request * sources + source,
    class: event.name,
    key: nameOf(event.thing, event.id),
    bytes: event.bytes,
    lifetimeMs: event.lifetimeMs,
    viewer: nameOf('person', event.viewer),
    replica,
    outcome: outcomeNames[event.outcome],
  });
}
