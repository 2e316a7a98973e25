import { storageQueryCounter } from '../../app/cache/cache-counters.ts';
import type { RunSettings } from '../../loadtests/workloads/run-settings.ts';
import { scenarios } from '../../loadtests/workloads/scenario-list.ts';
import { createWorkload } from '../../loadtests/workloads/workload.ts';
import { withWorlds } from '../commands/with-worlds.ts';
import { CommandError } from '../errors.ts';
import { readNamed } from '../experiment/named-candidates.ts';
import { populationOf } from '../experiment/service-options.ts';
import { countOf } from '../figures/counts.ts';
import { servedRequests } from '../figures/taken-counters.ts';
import { runLoad } from '../k6/load-figures.ts';
import { createPlanner } from '../k6/request-plans.ts';
import { readScenario } from '../k6/scenario-script.ts';
import { provideK6 } from '../stack/k6-binary.ts';
import { cacheReadsIn } from '../worlds/cache-counts.ts';
import type { CacheCounts } from '../worlds/cache-counts.ts';
import { subtractCounters } from '../worlds/service-counters.ts';
import { loadTargetsOf } from '../worlds/load-targets.ts';
import { restartProcesses } from '../worlds/start-processes.ts';
import { countersBetween } from '../worlds/world.ts';
import type { Stack, World } from '../worlds/world.ts';

/** What a minute of load asked of storage. */
export type MinuteOfLoad = {
  readonly requests: number;
  readonly storageQueries: number;
  readonly reads: CacheCounts;
};

/** Minutes of the same load: with everything empty, with everything warm, behind a restart of the replicas, and without a cache. */
export type MeasuredRestart = {
  readonly candidate: string;
  readonly ratePerSecond: number;
  readonly cold: MinuteOfLoad;
  readonly warm: MinuteOfLoad;
  readonly restarted: MinuteOfLoad;
  readonly uncached: MinuteOfLoad;
};

/** Entries outlive the four minutes, so that storage is asked since they are gone, and not since their time is up. */
const restartedCandidate = 'versioned:ttl=10m,feed-ttl=10m';
const ratePerSecond = 50;
const seconds = 60;
const scenario = 'feed-browsing';
const options = { people: 500, photos: 5_000, replicas: 2, seed: 1, telemetry: 'metrics' } as const;

/** Counts what storage is asked in the minute after a restart of the service, against a cold start and against no cache (ML-3). */
export async function measureRestart(stack: Stack, mediaFolder: string): Promise<MeasuredRestart> {
  const k6 = await provideK6(stack.context);
  const work = <T>(text: string, measure: (world: World) => Promise<T>): Promise<T> =>
    withWorlds(
      { stack, mediaFolder },
      {
        candidates: [readNamed(text, options.replicas)],
        options,
        port: 0,
        telemetry: { mode: options.telemetry, otlpEndpoint: null },
      },
      async ([world]) => measure(world as World),
    );
  const minute = (world: World, pass: number) => loadForAMinute(stack, k6.path, world, pass);
  const { cold, warm, restarted } = await work(restartedCandidate, async (world) => {
    const first = await minute(world, 0);
    const second = await minute(world, 1);
    stack.context.report('Restarting the replicas; their Redis stays');
    await restartProcesses([world]);
    return { cold: first, warm: second, restarted: await minute(world, 2) };
  });
  const uncached = await work('no-cache', (world) => minute(world, 2));
  return { candidate: restartedCandidate, ratePerSecond, cold, warm, restarted, uncached };
}

async function loadForAMinute(stack: Stack, k6: string, world: World, pass: number): Promise<MinuteOfLoad> {
  const { mix } = scenarios[scenario];
  const settings: RunSettings = {
    ...populationOf(options),
    mix,
    ...loadTargetsOf([world]),
    passes: [{ pass, first: 0, requests: ratePerSecond * seconds, pauseRequests: 0 }],
    ratePerSecond,
    arrivals: 'poisson',
  };
  stack.context.report(`${world.label}: ${seconds} s at ${ratePerSecond} requests/s`);
  const before = await world.readCounters();
  const { driverFailure } = await runLoad({
    ...{ context: stack.context, k6, settings },
    script: readScenario(stack.checkout, scenario),
    requests: createPlanner(createWorkload(settings))(settings),
  });
  if (driverFailure !== null) throw new CommandError('generatorSaturated', driverFailure);
  const counted = countersBetween(before, await world.readCounters(), subtractCounters);
  if (counted === null)
    throw new CommandError('serviceFailed', 'A replica did not tell what it had counted.');
  const { counts } = counted;
  return {
    requests: countOf(counts, servedRequests),
    storageQueries: countOf(counts, storageQueryCounter),
    reads: cacheReadsIn(counts),
  };
}
