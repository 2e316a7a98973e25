import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { needsRedis } from '../../app/cache/candidates/candidate.ts';
import { randomAt, streams } from '../../loadtests/workloads/counter-random.ts';
import { singlePass } from '../../loadtests/workloads/run-settings.ts';
import type { RunSettings } from '../../loadtests/workloads/run-settings.ts';
import { scenarios } from '../../loadtests/workloads/scenario-list.ts';
import type { Workload } from '../../loadtests/workloads/workload.ts';
import type { LoadMeter } from '../driver/load-meter.ts';
import type { RunningBlock } from '../driver/driver-metrics.ts';
import type { RawRequest } from '../k6/pass-timings.ts';
import { createPlanner } from '../k6/request-plans.ts';
import { driveK6, runK6 } from '../k6/run-k6.ts';
import type { K6Options } from '../k6/run-k6.ts';
import type { K6Binary } from '../stack/k6-binary.ts';
import { startPostgresCpu } from '../stack/postgres-cpu.ts';
import { ensureSeededTemplate, storeSamplePhotos } from '../worlds/seeded-template.ts';
import { restartReplicas } from '../worlds/start-replicas.ts';
import { closeWorlds, createWorlds } from '../worlds/world.ts';
import type { World, WorldMaker } from '../worlds/world.ts';
import type { Experiment } from './experiment.ts';
import type { ExperimentPlan } from './plan-experiment.ts';
import { orderOfPass } from './round-plan.ts';
import { assertStoresAlive } from './stores-alive.ts';
import { runTogether } from './together/run-together.ts';
import type { TogetherParts } from './together/run-together.ts';
import { runBlock } from './turns/run-block.ts';
import { runInTurns } from './turns/run-in-turns.ts';
import type { TurnsParts } from './turns/run-in-turns.ts';
import { warmUp } from './turns/warm-up.ts';

/** Where an experiment happens and who listens to it. */
export type Surroundings = {
  readonly maker: WorldMaker;
  readonly mediaFolder: string;
  readonly k6: K6Binary;
  readonly workload: Workload;
  readonly wallClock: () => Date;
  /** Is awaited before anything is asked of them. */
  readonly onWorlds: (worlds: readonly World[]) => Promise<void>;
  /** What runs now; none: nothing does. */
  readonly onRunning: (blocks: readonly RunningBlock[]) => void;
  /** Meters the load of all worlds while it runs; null: nobody looks. */
  readonly meter: () => LoadMeter | null;
  /** Who takes the spans of the replicas; null: nobody. */
  readonly otlpEndpoint: string | null;
  readonly onRound: TogetherParts['onRound'];
  readonly onRequest?: (round: number, request: RawRequest) => void;
  readonly decide: TogetherParts['decide'];
  /** In turns. */
  readonly onBlock: TurnsParts['onBlock'];
  readonly onRepeat: TurnsParts['onRepeat'];
};

/** Starts the worlds of a plan, runs the experiment in them, and takes them down again. */
export async function conduct(plan: ExperimentPlan, surroundings: Surroundings): Promise<Experiment> {
  const { maker, mediaFolder } = surroundings;
  await storeSamplePhotos(maker.checkout, mediaFolder);
  const template = await ensureSeededTemplate(maker, plan);
  maker.context.report(`Starting ${plan.candidates.length} worlds of ${plan.replicas} replicas ...`);
  const worlds = await createWorlds(
    maker,
    plan.candidates.map(({ label, text, settings, slowdown }, index) => ({
      label,
      id: `${maker.run.id}_${index + 1}`,
      candidate: text,
      needsRedis: needsRedis(settings),
      replicas: plan.replicas,
      template,
      mediaFolder,
      port: 0,
      telemetry: { mode: plan.telemetry, otlpEndpoint: surroundings.otlpEndpoint },
      ...(slowdown === undefined ? {} : { slowdown }),
    })),
    shuffleOf(plan, 0),
  );
  try {
    await surroundings.onWorlds(worlds);
    return plan.pacing === 'together'
      ? await conductTogether(plan, surroundings, worlds)
      : await conductInTurns(plan, surroundings, worlds);
  } finally {
    surroundings.onRunning([]);
    await closeWorlds(worlds);
  }
}

/** Which process starts first is random: identical ones differ by it for as long as they live. */
function shuffleOf(plan: ExperimentPlan, part: number) {
  return <T>(items: readonly T[]): T[] =>
    orderOfPass(items, part, (stream, index) => randomAt(plan.seed, stream, streams.starts, index));
}

/** What every k6 of the experiment is started with. */
function createK6Options(plan: ExperimentPlan, { maker, k6, workload }: Surroundings) {
  const planned = createPlanner(workload);
  return (settings: RunSettings): K6Options => ({
    context: maker.context,
    k6: k6.path,
    scenarioFile: join(maker.checkout, scenarios[plan.scenario].file),
    settings,
    requests: planned(settings),
  });
}

async function conductTogether(
  plan: ExperimentPlan,
  surroundings: Surroundings,
  worlds: readonly World[],
): Promise<Experiment> {
  const { maker } = surroundings;
  const meter = surroundings.meter();
  const { signal } = maker.context;
  const optionsOf = createK6Options(plan, surroundings);
  const postgres = await startPostgresCpu(maker.postgres);
  try {
    return await runTogether(plan, {
      sources: { worlds, postgres, clock: maker.clock, wallClock: surroundings.wallClock },
      signal,
      wait: (ms) => sleep(ms, undefined, { signal }).catch(() => {}),
      addresses: () => worlds.map((world) => world.addresses()),
      cores: availableParallelism(),
      restart: (part) => restartReplicas(worlds, shuffleOf(plan, part)),
      drive: (settings, onRow, enough) => {
        assertStoresAlive(maker, worlds);
        meter?.begin(settings);
        const isEnough = (): void => {
          meter?.end();
          surroundings.onRunning([]);
        };
        enough.addEventListener('abort', isEnough, { once: true });
        return driveK6({
          ...optionsOf(settings),
          enough,
          onRow: (row) => {
            onRow(row);
            meter?.add(row);
          },
        });
      },
      onRequest: surroundings.onRequest,
      onPhase: maker.context.report,
      onBegin: (round) =>
        surroundings.onRunning(worlds.map(({ label }) => ({ candidate: label, round, slot: 0 }))),
      onRound: (soFar, blocks) => {
        // What the last round says is kept, too.
        surroundings.onRound(soFar, blocks);
        assertStoresAlive(maker, worlds);
      },
      decide: surroundings.decide,
    });
  } finally {
    await postgres.stop();
  }
}

async function conductInTurns(
  plan: ExperimentPlan,
  surroundings: Surroundings,
  worlds: readonly World[],
): Promise<Experiment> {
  const { maker } = surroundings;
  const meter = surroundings.meter();
  for (const world of worlds) await world.stopClock();
  const optionsOf = createK6Options(plan, surroundings);
  const settingsOf = (
    world: World,
    pass: number,
    seconds: { readonly settleSeconds: number; readonly measureSeconds: number },
  ): RunSettings => ({
    seed: plan.seed,
    people: plan.people,
    photos: plan.photos,
    mix: scenarios[plan.scenario].mix,
    worlds: [world.addresses()],
    passes: singlePass(pass, plan.rate, seconds),
    ratePerSecond: plan.rate,
    arrivals: 'poisson',
  });
  const drive = (world: World) => (settings: RunSettings) => {
    meter?.begin(settings, [world.label]);
    return runK6({ ...optionsOf(settings), ...(meter === null ? {} : { onRow: meter.add }) });
  };
  return runInTurns(
    { ...plan, rounds: plan.rounds ?? 1 },
    {
      worlds,
      random: (stream, index) => randomAt(plan.seed, stream, streams.order, index),
      signal: maker.context.signal,
      runBlock: async (input) => {
        const { round, slot } = input;
        surroundings.onRunning([{ candidate: input.world.label, round, slot }]);
        const runner = {
          clock: maker.clock,
          wallClock: surroundings.wallClock,
          postgresCpuUs: maker.postgres.cpuUs,
          runK6: drive(input.world),
          settings: settingsOf(input.world, input.pass, plan),
        };
        const block = await runBlock(runner, input);
        assertStoresAlive(maker, [input.world]);
        surroundings.onRunning([]);
        return block;
      },
      warmUp: (world, pass, seconds) => {
        maker.context.report(`Warming up ${world.label} for ${seconds} s ...`);
        const settings = settingsOf(world, pass, { settleSeconds: 0, measureSeconds: seconds });
        return warmUp(world, settings, drive(world));
      },
      onBlock: surroundings.onBlock,
      onRepeat: surroundings.onRepeat,
    },
  );
}
