import { join } from 'node:path';
import { needsRedis } from '../../app/cache/candidates/candidate.ts';
import { randomAt, streams } from '../../loadtests/workloads/counter-random.ts';
import type { RunSettings } from '../../loadtests/workloads/run-settings.ts';
import { scenarios } from '../../loadtests/workloads/scenario-list.ts';
import type { Workload } from '../../loadtests/workloads/workload.ts';
import { createPlanner } from '../k6/request-plans.ts';
import { runK6 } from '../k6/run-k6.ts';
import type { K6Run } from '../k6/run-k6.ts';
import type { K6Binary } from '../stack/k6-binary.ts';
import { ensureSeededTemplate, storeSamplePhotos } from '../worlds/seeded-template.ts';
import { closeWorlds, createWorlds } from '../worlds/world.ts';
import type { World, WorldMaker } from '../worlds/world.ts';
import type { ExperimentPlan } from './plan-experiment.ts';
import type { BlockRecord } from './records.ts';
import type { RunningBlock } from '../driver/driver-metrics.ts';
import type { LoadMeter } from '../driver/load-meter.ts';
import { runBlock } from './run-block.ts';
import type { BlockInput } from './run-block.ts';
import { runExperiment } from './run-experiment.ts';
import type { Experiment, ExperimentParts } from './run-experiment.ts';
import { warmUp } from './warm-up.ts';

/** Where an experiment happens and who listens to it. */
export type Surroundings = {
  readonly maker: WorldMaker;
  readonly mediaFolder: string;
  readonly k6: K6Binary;
  readonly workload: Workload;
  readonly wallClock: () => Date;
  /** Is awaited before anything is asked of them. */
  readonly onWorlds: (worlds: readonly World[]) => Promise<void>;
  /** The block that runs now; null: none does. */
  readonly onRunning: (block: RunningBlock | null) => void;
  /** Meters the load of a world while it runs; null: nobody looks. */
  readonly meterOf: (world: World) => LoadMeter | null;
  /** Who takes the spans of the replicas; null: nobody. */
  readonly otlpEndpoint: string | null;
  readonly onBlock: ExperimentParts['onBlock'];
  readonly onRepeat: ExperimentParts['onRepeat'];
};

/** Starts the worlds of a plan, runs the experiment in them, and takes them down again. */
export async function conduct(plan: ExperimentPlan, surroundings: Surroundings): Promise<Experiment> {
  const { maker, mediaFolder } = surroundings;
  await storeSamplePhotos(maker.checkout, mediaFolder);
  const template = await ensureSeededTemplate(maker, plan);
  maker.context.report(`Starting ${plan.candidates.length} worlds of ${plan.replicas} replicas ...`);
  const worlds = await createWorlds(
    maker,
    plan.candidates.map(({ label, text, settings }, index) => ({
      label,
      id: `${process.pid}_${index + 1}`,
      candidate: text,
      needsRedis: needsRedis(settings),
      replicas: plan.replicas,
      template,
      mediaFolder,
      port: 0,
      telemetry: { mode: plan.telemetry, otlpEndpoint: surroundings.otlpEndpoint },
    })),
  );
  try {
    await surroundings.onWorlds(worlds);
    for (const world of worlds) await world.stopClock();
    return await runExperiment(plan, partsOf(plan, surroundings, worlds));
  } finally {
    await closeWorlds(worlds);
  }
}

function partsOf(
  plan: ExperimentPlan,
  surroundings: Surroundings,
  worlds: readonly World[],
): ExperimentParts {
  const { maker, workload } = surroundings;
  const settingsOf = (
    world: World,
    pass: number,
    settleSeconds: number,
    measureSeconds: number,
  ): RunSettings => ({
    seed: plan.seed,
    people: plan.people,
    photos: plan.photos,
    mix: scenarios[plan.scenario].mix,
    targets: world.addresses(),
    pass,
    ratePerSecond: plan.rate,
    arrivals: 'poisson',
    settleSeconds,
    measureSeconds,
  });
  const planned = createPlanner(workload);
  const drive =
    (world: World) =>
    (settings: RunSettings): Promise<K6Run> => {
      const meter = surroundings.meterOf(world);
      meter?.begin(settings);
      const options = {
        context: maker.context,
        k6: surroundings.k6.path,
        scenarioFile: join(maker.checkout, scenarios[plan.scenario].file),
        settings,
        requests: planned(settings),
      };
      return runK6(options, meter?.add);
    };
  return {
    worlds,
    random: (stream, index) => randomAt(plan.seed, stream, streams.order, index),
    signal: maker.context.signal,
    runBlock: async (input): Promise<BlockRecord> => {
      const { round, slot } = input;
      surroundings.onRunning({ candidate: input.world.label, round, slot });
      const runner = {
        postgres: maker.postgres,
        clock: maker.clock,
        wallClock: surroundings.wallClock,
        runK6: drive(input.world),
        settingsOf: ({ world, pass }: BlockInput) =>
          settingsOf(world, pass, plan.settleSeconds, plan.measureSeconds),
      };
      try {
        return await runBlock(runner, input);
      } finally {
        surroundings.onRunning(null);
      }
    },
    warmUp: (world, pass, seconds) => {
      maker.context.report(`Warming up ${world.label} for ${seconds} s ...`);
      return warmUp(world, settingsOf(world, pass, 0, seconds), drive(world));
    },
    onBlock: surroundings.onBlock,
    onRepeat: surroundings.onRepeat,
  };
}
