import { createWallClock } from '../../app/clock.ts';
import type { ScenarioName } from '../../loadtests/workloads/scenario-list.ts';
import type { DriverMetrics } from '../driver/driver-metrics.ts';
import { runWitness } from '../driver/witness.ts';
import type { K6Binary } from '../stack/k6-binary.ts';
import { populationOf } from '../worlds/with-worlds.ts';
import type { ServiceOptions } from '../worlds/with-worlds.ts';
import type { World, WorldMaker } from '../worlds/world.ts';
import { runEndlessLoad } from './endless-load.ts';
import { keepRedisRunning } from './keep-redis.ts';

/** The load that is put on each world. */
export type LoadToPut = { readonly scenario: ScenarioName; readonly k6: K6Binary; readonly rate: number };

export type SideWork = {
  readonly maker: WorldMaker;
  readonly worlds: readonly World[];
  readonly options: ServiceOptions;
  /** Null: nobody asks but the user. */
  readonly load: LoadToPut | null;
  readonly driver: DriverMetrics;
  readonly signal: AbortSignal;
};

/** What goes on beside the services until the signal: care for Redis, the load and its witness. Each rejects when it cannot go on. */
export function startSideWork(parts: SideWork): readonly Promise<void>[] {
  const { maker, worlds, signal } = parts;
  return worlds.flatMap((world) => [
    ...(world.redis === null ? [] : [keepRedisRunning(world.redis, signal, maker.context.report)]),
    ...startLoad(parts, world),
  ]);
}

function startLoad({ maker, options, load, driver, signal }: SideWork, world: World): Promise<void>[] {
  if (load === null) return [];
  const { seed, telemetry } = options;
  const { scenario, k6, rate } = load;
  const { label: candidate } = world;
  const targets = world.addresses();
  const { people, photos } = populationOf(options);
  const meter = driver.meterLoad({ scenario, candidate, seed, telemetry }, createWallClock().now);
  const stopping = { ...maker, context: { ...maker.context, signal } };
  return [
    runEndlessLoad(stopping, k6, { scenario, rate, seed, people, photos, targets }, meter),
    runWitness({
      targets,
      photos,
      seed,
      signal,
      onCheck: (check) => driver.observeCheck(candidate, check),
    }),
  ];
}
