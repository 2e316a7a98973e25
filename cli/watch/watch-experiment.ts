import { createDriverMetrics } from '../driver/driver-metrics.ts';
import type { RunningBlock } from '../driver/driver-metrics.ts';
import type { World, WorldMaker } from '../worlds/world.ts';
import { watchWorlds } from './watch-worlds.ts';
import type { Watch } from './watch-worlds.ts';

/** Lets people watch an experiment while it runs. What it says of candidates does not come from here. */
export type ExperimentWatch = {
  readonly start: (maker: WorldMaker, worlds: readonly World[]) => Promise<void>;
  readonly onRunning: (block: RunningBlock | null) => void;
  readonly stop: () => Promise<void>;
};

/** Does nothing unless it is wanted: a Prometheus takes its share of the machine, from all candidates alike. */
export function createExperimentWatch(isWanted: boolean): ExperimentWatch {
  const driver = createDriverMetrics();
  let watch: Watch | null = null;
  return {
    async start(maker, worlds) {
      if (!isWanted) return;
      watch = await watchWorlds(maker, worlds, driver);
      if (watch !== null) maker.context.report(`Watched by ${watch.prometheus.address}`);
    },
    onRunning: driver.showBlock,
    async stop() {
      await watch?.stop();
    },
  };
}
