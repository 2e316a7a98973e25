import { serviceKindName } from '../../app/contract/process-kind.ts';
import { createFileBlobs } from '../../app/storage/blob-store.ts';
import type { NamedCandidate } from '../experiment/named-candidates.ts';
import { populationOf } from '../experiment/service-options.ts';
import type { ServiceOptions } from '../experiment/service-options.ts';
import type { RecordingSession } from '../recordings/recording-session.ts';
import { furtherKindsOf } from '../worlds/kinds-of-world.ts';
import type { ProcessTelemetry } from '../worlds/start-world-process.ts';
import { ensureSeededTemplate, storeSamplePhotos } from '../worlds/seeded-template.ts';
import { closeWorlds, createWorlds } from '../worlds/world.ts';
import type { World, Stack } from '../worlds/world.ts';

/** The worlds of a command that compares nothing. */
export type PlainWorlds = {
  /** `replicas`: where one has another number of them than the options say. */
  readonly candidates: readonly (NamedCandidate & { readonly replicas?: number })[];
  readonly options: ServiceOptions;
  /** Port of the first replica, the next ones follow; 0: any free ones. */
  readonly port: number;
  readonly telemetry: ProcessTelemetry;
  /** Absent or null: what is asked is not written down. */
  readonly recording?: RecordingSession | null;
};

/** Runs `work` with a world per candidate; they are taken down afterwards. */
export async function withWorlds<T>(
  { stack, mediaFolder }: { readonly stack: Stack; readonly mediaFolder: string },
  { candidates, options, port, telemetry, recording = null }: PlainWorlds,
  work: (worlds: readonly World[]) => Promise<T>,
): Promise<T> {
  await storeSamplePhotos(stack.checkout, createFileBlobs(mediaFolder));
  const template = await ensureSeededTemplate(stack, populationOf(options));
  const worlds = await createWorlds(
    stack,
    candidates.map(({ label, candidate, replicas = options.replicas }, index) => ({
      label,
      id: `${stack.run.id}_${index + 1}`,
      candidate,
      replicas,
      furtherKinds: furtherKindsOf(candidate),
      template,
      mediaFolder,
      port: port === 0 ? 0 : port + index * options.replicas,
      telemetry,
      // The recording of the first world alone is kept: the others are asked the same.
      ...(recording !== null && { recording: index === 0 ? recording.kept : recording.discarded }),
      nameOf: (kindName, number) =>
        `${candidates.length === 1 ? '' : `c${index + 1}-`}${shortName(kindName)}${number}`,
    })),
  );
  try {
    return await work(worlds);
  } finally {
    await closeWorlds(worlds);
  }
}

/** In this command's own addresses: `r1`, `worker-1`. */
const shortName = (kindName: string): string => (kindName === serviceKindName ? 'r' : `${kindName}-`);
