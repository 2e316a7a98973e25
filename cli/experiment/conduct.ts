import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { createFileBlobs } from '../../app/storage/blob-store.ts';
import { randomAt, streams } from '../../loadtests/workloads/counter-random.ts';
import { singlePass } from '../../loadtests/workloads/run-settings.ts';
import type { RunSettings } from '../../loadtests/workloads/run-settings.ts';
import { scenarios } from '../../loadtests/workloads/scenario-list.ts';
import { manners } from '../../loadtests/workloads/operation-mix.ts';
import { viewerRequestsOf } from '../../loadtests/workloads/viewer-requests.ts';
import type { Workload } from '../../loadtests/workloads/workload.ts';
import type { LoadMeter } from '../driver/load-meter.ts';
import type { RunningBlock } from '../driver/driver-metrics.ts';
import type { RawRequest } from '../k6/pass-timings.ts';
import { createPlanner } from '../k6/request-plans.ts';
import { driveK6, runK6 } from '../k6/run-k6.ts';
import type { K6Options } from '../k6/run-k6.ts';
import { readScenario } from '../k6/scenario-script.ts';
import type { K6Binary } from '../stack/k6-binary.ts';
import { readRedisBytes } from '../stack/redis-memory.ts';
import { startPostgresCpu } from '../stack/postgres-cpu.ts';
import { furtherKindsOf } from '../worlds/kinds-of-world.ts';
import { loadTargetsOf } from '../worlds/load-targets.ts';
import { ensureSeededTemplate, storeSamplePhotos } from '../worlds/seeded-template.ts';
import { restartProcesses } from '../worlds/start-processes.ts';
import type { ProcessRecording } from '../worlds/start-world-process.ts';
import { closeWorlds, createWorlds } from '../worlds/world.ts';
import type { World, Stack } from '../worlds/world.ts';
import type { Experiment } from './experiment.ts';
import type { ExperimentPlan } from './plan-experiment.ts';
import { figuresOf } from './figures-of-plan.ts';
import { createDatabaseReader } from './query-figures.ts';
import { rememberSessions } from './remember-sessions.ts';
import { orderOfPass } from './round-plan.ts';
import { assertStoresAlive } from './stores-alive.ts';
import { runTogether } from './together/run-together.ts';
import type { TogetherParts } from './together/run-together.ts';
import { runBlock } from './turns/run-block.ts';
import { runInTurns } from './turns/run-in-turns.ts';
import type { TurnsParts } from './turns/run-in-turns.ts';
import { warmUp } from './turns/warm-up.ts';

/** Where an experiment happens and who listens to it. */
export type ExperimentHooks = {
  readonly stack: Stack;
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
  /** Where the replicas of a candidate write down what is asked; absent or undefined: nowhere. */
  readonly recordingOf?: (label: string) => ProcessRecording | undefined;
  readonly onRound: TogetherParts['onRound'];
  readonly onRequest?: (round: number, request: RawRequest) => void;
  readonly decide: TogetherParts['decide'];
  /** In turns. */
  readonly onBlock: TurnsParts['onBlock'];
  readonly onRepeat: TurnsParts['onRepeat'];
};

/** Starts the worlds of a plan, runs the experiment in them, and takes them down again. */
export async function conduct(plan: ExperimentPlan, hooks: ExperimentHooks): Promise<Experiment> {
  const { stack, mediaFolder } = hooks;
  await storeSamplePhotos(stack.checkout, createFileBlobs(mediaFolder));
  const template = await ensureSeededTemplate(stack, plan);
  stack.context.report(`Starting ${plan.candidates.length} worlds of ${plan.replicas} replicas ...`);
  const worlds = await createWorlds(
    stack,
    plan.candidates.map(({ label, candidate, slowdown }, index) => ({
      label,
      id: `${stack.run.id}_${index + 1}`,
      candidate,
      replicas: plan.replicas,
      furtherKinds: furtherKindsOf(
        candidate,
        plan.candidates.map((other) => other.candidate),
      ),
      template,
      mediaFolder,
      port: 0,
      telemetry: { mode: plan.telemetry, otlpEndpoint: hooks.otlpEndpoint },
      ...(slowdown === undefined ? {} : { slowdown }),
      ...recordingSettings(hooks.recordingOf?.(label)),
    })),
    shuffleOf(plan, 0),
  );
  try {
    await hooks.onWorlds(worlds);
    await rememberSessions(worlds, plan, stack.context.report);
    return plan.pacing === 'together'
      ? await conductTogether(plan, hooks, worlds)
      : await conductInTurns(plan, hooks, worlds);
  } finally {
    hooks.onRunning([]);
    await closeWorlds(worlds);
  }
}

const recordingSettings = (recording: ProcessRecording | undefined) =>
  recording === undefined ? {} : { recording };

/** Which process starts first is random: identical ones differ by it for as long as they live. */
function shuffleOf(plan: ExperimentPlan, part: number) {
  return <T>(items: readonly T[]): T[] =>
    orderOfPass(items, part, (stream, index) => randomAt(plan.seed, stream, streams.starts, index));
}

/** What every k6 of the experiment is started with. */
function createK6Options(plan: ExperimentPlan, { stack, k6, workload }: ExperimentHooks) {
  const planned = createPlanner(workload);
  const script = readScenario(stack.checkout, plan.scenario);
  return (settings: RunSettings): K6Options => ({
    context: stack.context,
    k6: k6.path,
    script,
    settings,
    requests: planned(settings),
  });
}

async function conductTogether(
  plan: ExperimentPlan,
  hooks: ExperimentHooks,
  worlds: readonly World[],
): Promise<Experiment> {
  const { stack } = hooks;
  const { hasBrowsers } = manners[scenarios[plan.scenario].mix];
  const meter = hooks.meter();
  const { signal } = stack.context;
  const optionsOf = createK6Options(plan, hooks);
  const postgres = await startPostgresCpu(stack.postgres);
  try {
    return await runTogether(plan, {
      sources: {
        worlds,
        postgres,
        clock: stack.clock,
        wallClock: hooks.wallClock,
        askDatabase: createDatabaseReader(stack.postgres.urlOf, figuresOf(plan)),
        ...(hasBrowsers && { readRedisBytes }),
      },
      signal,
      wait: (ms) => sleep(ms, undefined, { signal }).catch(() => {}),
      targets: () => loadTargetsOf(worlds),
      cores: availableParallelism(),
      restart: async (part) => {
        await restartProcesses(worlds, shuffleOf(plan, part));
        await rememberSessions(worlds, plan, stack.context.report);
      },
      drive: (settings, onRow, enough) => {
        assertStoresAlive(stack, worlds);
        meter?.begin(settings);
        const isEnough = (): void => {
          meter?.end();
          hooks.onRunning([]);
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
      ...(hasBrowsers && { viewersOf: (pass) => viewerRequestsOf(hooks.workload.requestAt, pass) }),
      onRequest: hooks.onRequest,
      onPhase: stack.context.report,
      ...(plan.replay !== undefined && {
        onSettled: async () => void (await Promise.all(worlds.map((world) => world.emptyCaches()))),
      }),
      onBegin: (round) => hooks.onRunning(worlds.map(({ label }) => ({ candidate: label, round, slot: 0 }))),
      onRound: (soFar, blocks) => {
        // What the last round says is kept, too.
        hooks.onRound(soFar, blocks);
        assertStoresAlive(stack, worlds);
      },
      decide: hooks.decide,
    });
  } finally {
    await postgres.stop();
  }
}

async function conductInTurns(
  plan: ExperimentPlan,
  hooks: ExperimentHooks,
  worlds: readonly World[],
): Promise<Experiment> {
  const { stack } = hooks;
  const meter = hooks.meter();
  for (const world of worlds) await world.stopClock();
  const askDatabase = createDatabaseReader(stack.postgres.urlOf, figuresOf(plan));
  const optionsOf = createK6Options(plan, hooks);
  const settingsOf = (
    world: World,
    pass: number,
    seconds: { readonly settleSeconds: number; readonly measureSeconds: number },
  ): RunSettings => ({
    seed: plan.seed,
    people: plan.people,
    photos: plan.photos,
    followers: plan.followers,
    mix: scenarios[plan.scenario].mix,
    ...loadTargetsOf([world]),
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
      signal: stack.context.signal,
      runBlock: async (input) => {
        const { round, slot } = input;
        hooks.onRunning([{ candidate: input.world.label, round, slot }]);
        const runner = {
          clock: stack.clock,
          wallClock: hooks.wallClock,
          postgresCpuUs: stack.postgres.cpuUs,
          askDatabase,
          runK6: drive(input.world),
          settings: settingsOf(input.world, input.pass, plan),
          isBeyondLimit: plan.isBeyondLimit,
        };
        const block = await runBlock(runner, input);
        assertStoresAlive(stack, [input.world]);
        hooks.onRunning([]);
        return block;
      },
      warmUp: (world, pass, seconds) => {
        stack.context.report(`Warming up ${world.label} for ${seconds} s ...`);
        const settings = settingsOf(world, pass, { settleSeconds: 0, measureSeconds: seconds });
        return warmUp(world, settings, drive(world));
      },
      onBlock: hooks.onBlock,
      onRepeat: hooks.onRepeat,
    },
  );
}
