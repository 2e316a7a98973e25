import { needsRedis } from '../../app/cache/candidates/candidate.ts';
import { formatCandidate } from '../../app/cache/candidates/parse-candidate.ts';
import type { TelemetryModeName } from '../../app/contract/telemetry-modes.ts';
import { readCandidate } from '../experiment/plan-experiment.ts';
import { profiles } from '../experiment/profiles.ts';
import type { ReplicaTelemetry } from './replica.ts';
import { ensureSeededTemplate, storeSamplePhotos } from './seeded-template.ts';
import { closeWorlds, createWorld } from './world.ts';
import type { World, WorldMaker } from './world.ts';

/** What the command line says of a service that runs alone. */
export type ServiceOptions = {
  readonly people?: number;
  readonly photos?: number;
  readonly replicas: number;
  readonly seed: number;
  readonly telemetry: TelemetryModeName;
};

/** People and photos of the seeded database. */
export function populationOf({ people, photos }: ServiceOptions): {
  readonly people: number;
  readonly photos: number;
} {
  return { people: people ?? profiles.demo.people, photos: photos ?? profiles.demo.photos };
}

/** The one world of a command that compares nothing. */
export type SingleWorld = {
  readonly candidateText: string;
  readonly options: ServiceOptions;
  /** Port of the first replica; 0: any free ones. */
  readonly port: number;
  readonly telemetry: ReplicaTelemetry;
};

/** Runs `work` with one world of a candidate, which is taken down afterwards. */
export async function withWorld<T>(
  { maker, mediaFolder }: { readonly maker: WorldMaker; readonly mediaFolder: string },
  { candidateText, options, port, telemetry }: SingleWorld,
  work: (world: World) => Promise<T>,
): Promise<T> {
  const candidate = readCandidate(candidateText);
  await storeSamplePhotos(maker.checkout, mediaFolder);
  const template = await ensureSeededTemplate(maker, { seed: options.seed, ...populationOf(options) });
  const world = await createWorld(maker, {
    label: candidateText,
    id: `${process.pid}_1`,
    candidate: formatCandidate(candidate),
    needsRedis: needsRedis(candidate),
    replicas: options.replicas,
    template,
    mediaFolder,
    port,
    telemetry,
    replicaPrefix: 'r',
  });
  try {
    return await work(world);
  } finally {
    await closeWorlds([world]);
  }
}
