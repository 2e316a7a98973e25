import { once } from 'node:events';
import { scenarios } from '../../loadtests/workloads/scenario-list.ts';
import type { ScenarioName } from '../../loadtests/workloads/scenario-list.ts';
import { createDriverMetrics } from '../driver/driver-metrics.ts';
import type { DriverMetrics } from '../driver/driver-metrics.ts';
import { runWitness } from '../driver/witness.ts';
import { CommandError, exitCodes } from '../errors.ts';
import { readCandidate } from '../experiment/plan-experiment.ts';
import { oneOf } from '../one-of.ts';
import { provideK6 } from '../stack/k6-binary.ts';
import type { K6Binary } from '../stack/k6-binary.ts';
import { runEndlessLoad } from '../watch/endless-load.ts';
import { keepRedisRunning } from '../watch/keep-redis.ts';
import { formatAddresses, publishAddresses, withdrawAddresses } from '../watch/addresses.ts';
import type { Addresses } from '../watch/addresses.ts';
import { watchWorld } from '../watch/watch-world.ts';
import type { WorldWatch } from '../watch/watch-world.ts';
import { populationOf, withWorld } from '../worlds/with-world.ts';
import type { ServiceOptions } from '../worlds/with-world.ts';
import { withWorkbench } from '../worlds/workbench.ts';
import type { World, WorldMaker } from '../worlds/world.ts';
import type { Terminal } from './terminal.ts';

export type UpOptions = ServiceOptions & { readonly load?: string; readonly rate: number };

/** Where a scenario looks that is run by k6 alone. */
const firstPort = 4_000;

/** Starts the stores, the service and what watches it, prints where they are, and waits until it is told to stop or something dies. */
export async function up(
  terminal: Terminal,
  candidateText = 'cache-aside',
  options: UpOptions,
): Promise<void> {
  readCandidate(candidateText);
  const scenario =
    options.load === undefined
      ? null
      : oneOf('scenario', options.load, Object.keys(scenarios) as ScenarioName[]);
  await withWorkbench(terminal, async (maker, mediaFolder) => {
    const k6 = scenario === null ? null : await provideK6(maker.context);
    const telemetry = { mode: options.telemetry, otlpEndpoint: null };
    const single = { candidateText, options, port: firstPort, telemetry };
    await withWorld({ maker, mediaFolder }, single, (world) =>
      runUntilTold(terminal, { maker, world, options, scenario, k6 }),
    );
  });
}

type Running = {
  readonly maker: WorldMaker;
  readonly world: World;
  readonly options: UpOptions;
  readonly scenario: ScenarioName | null;
  readonly k6: K6Binary | null;
};

async function runUntilTold(terminal: Terminal, running: Running): Promise<void> {
  const { maker, world } = running;
  const driver = createDriverMetrics();
  const watch = await watchWorld(maker, world, driver);
  const ending = new AbortController();
  const signal = AbortSignal.any([terminal.signal, ending.signal]);
  const work = startWork(running, driver, signal);
  const { paths } = maker.context;
  try {
    const addresses = addressesOf(running, watch);
    publishAddresses(paths, addresses);
    terminal.print(formatAddresses(addresses));
    terminal.report('Running; Ctrl-C stops it.');
    await Promise.race([waitForTheEnd(terminal, world), ...work.map(whenFailed)]);
    terminal.exitWith(exitCodes.interrupted);
  } finally {
    ending.abort();
    withdrawAddresses(paths);
    await Promise.allSettled(work);
    await watch?.stop();
  }
}

/** What goes on beside the service until the signal: the load and its witness, and the care for Redis. */
function startWork(
  { maker, world, options, scenario, k6 }: Running,
  driver: DriverMetrics,
  signal: AbortSignal,
): Promise<void>[] {
  const { report } = maker.context;
  const work: Promise<void>[] = [];
  if (world.redis !== null) work.push(keepRedisRunning(world.redis, signal, report));
  if (scenario === null || k6 === null) return work;
  const { seed, rate, telemetry } = options;
  const meter = driver.meterLoad({ scenario, candidate: world.label, seed, telemetry }, wallNow);
  const load = { scenario, rate, seed, ...populationOf(options), targets: world.addresses() };
  const quietMaker = { ...maker, context: { ...maker.context, signal } };
  work.push(runEndlessLoad(quietMaker, k6, load, meter));
  work.push(
    runWitness({
      targets: world.addresses(),
      photos: load.photos,
      seed,
      signal,
      onCheck: driver.observeCheck,
    }),
  );
  report(`${scenario} asks ${rate} requests/s.`);
  return work;
}

function wallNow(): number {
  return performance.timeOrigin + performance.now();
}

/** Rejects when the work does, and never resolves. */
function whenFailed(work: Promise<void>): Promise<never> {
  return work.then(() => new Promise<never>(() => {}));
}

function addressesOf({ maker, world }: Running, watch: WorldWatch | null): Addresses {
  const { redis } = world;
  const { pid } = maker.postgres;
  return {
    pid: process.pid,
    candidate: world.label,
    replicas: world
      .replicas()
      .map(({ name, address, metricsAddress }) => ({ name, address, metrics: metricsAddress })),
    openApi: `${world.addresses()[0]}/openapi.json`,
    ...(watch !== null && { prometheus: watch.prometheus.address }),
    ...(redis !== null && { redis: { address: new URL(redis.url).host, pid: redis.pid } }),
    ...(pid !== null && { postgres: { pid } }),
  };
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
