import { once } from 'node:events';
import type { TelemetryModeName } from '../../app/contract/telemetry-modes.ts';
import { needsRedis } from '../../app/cache/candidates/candidate.ts';
import { formatCandidate } from '../../app/cache/candidates/parse-candidate.ts';
import { readCandidate } from '../experiment/plan-experiment.ts';
import { profiles } from '../experiment/profiles.ts';
import { CommandError, exitCodes } from '../errors.ts';
import { ensureSeededTemplate, storeSamplePhotos } from '../worlds/seeded-template.ts';
import { withWorkbench } from '../worlds/workbench.ts';
import { closeWorlds, createWorld } from '../worlds/world.ts';
import type { World, WorldMaker } from '../worlds/world.ts';
import type { Terminal } from './terminal.ts';

export type ServiceOptions = {
  readonly people?: number;
  readonly photos?: number;
  readonly replicas: number;
  readonly seed: number;
  readonly telemetry: TelemetryModeName;
};

/** Where a scenario looks that is run by k6 alone. */
const firstPort = 4_000;

/** Runs `work` with one world of a candidate, which is taken down afterwards. */
export async function withWorld<T>(
  { maker, mediaFolder }: { readonly maker: WorldMaker; readonly mediaFolder: string },
  candidateText: string,
  options: ServiceOptions & { readonly port: number },
  work: (world: World) => Promise<T>,
): Promise<T> {
  const candidate = readCandidate(candidateText);
  const { people, photos } = profiles.demo;
  await storeSamplePhotos(maker.checkout, mediaFolder);
  const template = await ensureSeededTemplate(maker, {
    seed: options.seed,
    people: options.people ?? people,
    photos: options.photos ?? photos,
  });
  const world = await createWorld(maker, {
    label: candidateText,
    id: `${process.pid}_1`,
    candidate: formatCandidate(candidate),
    needsRedis: needsRedis(candidate),
    replicas: options.replicas,
    template,
    mediaFolder,
    port: options.port,
    telemetry: { mode: options.telemetry, otlpEndpoint: null },
  });
  try {
    return await work(world);
  } finally {
    await closeWorlds([world]);
  }
}

/** Starts the stores and the service, prints where they are, and waits until it is told to stop or something dies. */
export async function up(
  terminal: Terminal,
  candidateText = 'cache-aside',
  options: ServiceOptions,
): Promise<void> {
  readCandidate(candidateText);
  await withWorkbench(terminal, async (maker, mediaFolder) =>
    withWorld({ maker, mediaFolder }, candidateText, { ...options, port: firstPort }, async (world) => {
      for (const replica of world.replicas()) {
        terminal.print(`${replica.name}  ${replica.address}  metrics ${replica.metricsAddress}\n`);
      }
      terminal.print(`OpenAPI  ${world.addresses()[0]}/openapi.json\n`);
      terminal.report('Running; Ctrl-C stops it.');
      await waitForTheEnd(terminal, world);
      terminal.exitWith(exitCodes.interrupted);
    }),
  );
}

/** Resolves on Ctrl-C; rejects when a part dies by itself. */
async function waitForTheEnd(terminal: Terminal, world: World): Promise<void> {
  const ended = world.replicas().map(async (replica) => {
    await replica.process.exited;
    return replica;
  });
  const stop = terminal.signal.aborted ? Promise.resolve() : once(terminal.signal, 'abort');
  const first = await Promise.race([stop.then(() => null), ...ended]);
  if (first !== null && !terminal.signal.aborted) {
    throw new CommandError('serviceFailed', `${first.name} ended by itself.`, {
      logFile: first.process.logFile,
    });
  }
}
