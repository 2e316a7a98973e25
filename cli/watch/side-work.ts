import { createWallClock } from '../../app/clock.ts';
import { scenarios } from '../../loadtests/workloads/scenario-list.ts';
import type { ScenarioName } from '../../loadtests/workloads/scenario-list.ts';
import { createWorkload } from '../../loadtests/workloads/workload.ts';
import type { DriverMetrics } from '../driver/driver-metrics.ts';
import { runWitness } from '../driver/witness.ts';
import { createPlanner } from '../k6/request-plans.ts';
import type { K6Binary } from '../stack/k6-binary.ts';
import { populationOf } from '../experiment/service-options.ts';
import type { ServiceOptions } from '../experiment/service-options.ts';
import { loadTargetsOf } from '../worlds/load-targets.ts';
import type { World, Stack } from '../worlds/world.ts';
import { isReplica } from '../worlds/world-process.ts';
import { runEndlessLoad } from './endless-load.ts';
import type { EndlessLoad } from './endless-load.ts';
import { keepProcessesRunning } from './keep-processes.ts';
import { keepRedisRunning } from './keep-redis.ts';

/** The load that is put on each world. */
export type LoadToPut = { readonly scenario: ScenarioName; readonly k6: K6Binary; readonly rate: number };

export type SideWork = {
  readonly stack: Stack;
  readonly worlds: readonly World[];
  readonly options: ServiceOptions;
  /** Null: nobody asks but the user. */
  readonly load: LoadToPut | null;
  readonly driver: DriverMetrics;
  readonly signal: AbortSignal;
  /** What had ended runs again, as another process. */
  readonly onBack?: () => void;
};

/**
 * What goes on beside the services until the signal: care for Redis and for what runs beside the replicas, the load and its witness.
 * Each rejects when it cannot go on.
 */
export function startSideWork(parts: SideWork): readonly Promise<void>[] {
  const { stack, worlds, load, signal, onBack = () => {} } = parts;
  const keeping = { signal, report: stack.context.report, onBack };
  return [
    ...worlds.flatMap(({ redis }) => (redis === null ? [] : [keepRedisRunning(redis, keeping)])),
    ...worlds.filter(hasFurther).map((world) => keepProcessesRunning(world, keeping)),
    ...(load === null ? [] : startLoads(parts, load)),
  ];
}

const hasFurther = (world: World): boolean => !world.processes().every(isReplica);

/** All worlds get the same requests, which are planned once. */
function startLoads(parts: SideWork, load: LoadToPut): Promise<void>[] {
  const { worlds, options } = parts;
  const { mix } = scenarios[load.scenario];
  const planned = createPlanner(createWorkload({ ...populationOf(options), mix }));
  return worlds.flatMap((world) => startLoad({ ...parts, load, planned }, world));
}

type LoadParts = SideWork & { readonly load: LoadToPut; readonly planned: EndlessLoad['planned'] };

function startLoad(
  { stack, options, load, planned, driver, signal }: LoadParts,
  world: World,
): Promise<void>[] {
  const { telemetry } = options;
  const { scenario, k6, rate } = load;
  const { label: candidate } = world;
  const population = populationOf(options);
  const { seed, photos } = population;
  const facts = { scenario, candidates: [candidate], seed, telemetry };
  const { now } = createWallClock();
  const meters = [driver.meterLoad(facts, now), driver.meterLoad(facts, now)] as const;
  const stopping = { ...stack, context: { ...stack.context, signal } };
  return [
    runEndlessLoad(
      stopping,
      k6,
      { scenario, rate, population, targets: loadTargetsOf([world]), planned },
      meters,
    ),
    runWitness({
      targets: world.addresses(),
      photos,
      seed,
      signal,
      onCheck: (check) => driver.observeCheck(candidate, check),
    }),
  ];
}
